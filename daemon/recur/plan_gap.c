/* How close together the occurrences of a plan can come: for min_interval. */
#include "recur/plan.h"

static sec_t smaller(sec_t a, sec_t b)
{
	return a < b ? a : b;
}

/* From one period's first moment to the next one's, at the least. */
static sec_t period_length(const struct plan *plan)
{
	static const sec_t lengths[FREQ_COUNT] = { 1, 60, 3600, DAY_SECONDS, 7 * DAY_SECONDS,
		28 * (sec_t)DAY_SECONDS, 365 * (sec_t)DAY_SECONDS };
	sec_t length = lengths[plan->freq];

	return plan->interval > INT64_MAX / length ? INT64_MAX : length * plan->interval;
}

/* Between the days that one period may take. */
static sec_t day_distance(const struct plan *plan)
{
	int days = __builtin_popcount(plan->days);
	int monthdays = __builtin_popcount(plan->monthday_pos) +
			__builtin_popcount(plan->monthday_neg);
	bool monthly = plan->freq == FREQ_MONTHLY || plan->freq == FREQ_YEARLY;
	const struct rule *rule = plan->rule;

	if (plan->freq == FREQ_DAILY)
		return period_length(plan);
	if (plan->freq == FREQ_WEEKLY && days == 1)
		return period_length(plan);
	if (monthly && plan->has_monthday && monthdays == 1 && plan->rule->skip == SKIP_OMIT)
		return plan->freq == FREQ_MONTHLY ? period_length(plan) : 28 * (sec_t)DAY_SECONDS;
	if (monthly && plan->has_days && !plan->has_nth && days == 1 &&
		!rule_has(rule, PART_YEARDAY))
		return 7 * DAY_SECONDS;
	return DAY_SECONDS;
}

/* Over the times of one day (or sub-daily period), as far as BYSETPOS takes them. */
static sec_t time_distance(const struct plan *plan, sec_t enough, sec_t around)
{
	/* In longer periods the positions may fall anywhere. */
	bool positions = rule_has(plan->rule, PART_SETPOS) && plan->freq <= FREQ_DAILY;
	sec_t gap = around, first = -1, last = -1;

	for (int64_t i = 0; i < plan->times && gap > 0; i++) {
		sec_t time;

		if (positions && !plan_takes_position(plan, i, plan->times))
			continue;
		time = plan_time(plan, i);
		if (first < 0)
			first = time;
		else
			gap = smaller(gap, time - last);
		last = time;
		if (gap < enough)
			return gap;
	}
	return first < 0 ? around : smaller(gap, around - last + first);
}

static const char *part_to_blame(const struct plan *plan)
{
	if (plan->seconds > 1)
		return "bySecond";
	if (plan->minutes > 1)
		return "byMinute";
	if (plan->hours > 1)
		return "byHour";
	return plan->freq <= FREQ_DAILY ? "frequency and interval" : "its days";
}

sec_t plan_min_gap(const struct plan *plan, sec_t enough, const char **ret_part)
{
	sec_t around = plan->freq < FREQ_DAILY ? period_length(plan) : day_distance(plan);

	*ret_part = part_to_blame(plan);
	return time_distance(plan, enough, around);
}
