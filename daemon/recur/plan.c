/* What the start adds to the rule, and the filters over days. */
#include "recur/plan.h"

#include <string.h>

#include "util/timefmt.h"

int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Years and days ----------------------------------------------------------------------------------- */

static bool is_leap(int year)
{
	return days_in_month(year, 2) == 29;
}

/* Day of the year on which week 1 starts: the first week with at least four days in the year. */
static int week1_of(int first_weekday, int week_start)
{
	int into = (first_weekday - week_start + 7) % 7;

	return into <= 3 ? -into : 7 - into;
}

static int weeks_of(int number, int week_start)
{
	int weekday = weekday_from_days(days_from_civil(number, 1, 1));
	int next = weekday_from_days(days_from_civil(number + 1, 1, 1));
	int length = is_leap(number) ? 366 : 365;

	return (length + week1_of(next, week_start) - week1_of(weekday, week_start)) / 7;
}

void year_init(struct year *year, int number, int week_start)
{
	year->number = number;
	year->leap = is_leap(number);
	year->first = days_from_civil(number, 1, 1);
	year->first_weekday = weekday_from_days(year->first);
	year->week1 = week1_of(year->first_weekday, week_start);
	year->weeks = weeks_of(number, week_start);
	year->last_weeks = weeks_of(number - 1, week_start);
	year->next_weeks = weeks_of(number + 1, week_start);
	year->week_start = week_start;
}

static int day_of_year(const struct year *year, int month, int monthday)
{
	static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };

	return before[month - 1] + monthday - 1 + (month > 2 && year->leap);
}

static bool takes_week(const struct plan *plan, const struct year *year, int yday)
{
	const struct intset *weeks = &plan->rule->parts[PART_WEEKNO];
	int week, of;

	if (yday < year->week1) {
		week = year->last_weeks;
		of = year->last_weeks;
	} else {
		week = (yday - year->week1) / 7 + 1;
		of = year->weeks;
		if (week > of) {
			week = 1;
			of = year->next_weeks;
		}
	}
	return intset_has(weeks, week) || intset_has(weeks, week - of - 1);
}

static bool takes_weekday(const struct plan *plan, const struct year *year, int month, int monthday,
	int yday, int weekday)
{
	int index = monthday - 1, length = days_in_month(year->number, month);
	const struct intset *nth = &plan->rule->nth[weekday];

	if ((plan->days >> weekday & 1) != 0)
		return true;
	if (!plan->has_nth)
		return false;
	if (plan->nth_of_year) {
		index = yday;
		length = year->leap ? 366 : 365;
	}
	return intset_has(nth, index / 7 + 1) || intset_has(nth, -((length - 1 - index) / 7) - 1);
}

/* All filters but BYMONTH and BYMONTHDAY. */
static bool takes_rest(const struct plan *plan, const struct year *year, int month, int monthday)
{
	int yday = day_of_year(year, month, monthday);
	const struct rule *rule = plan->rule;

	if (plan->has_days &&
		!takes_weekday(plan, year, month, monthday, yday, (year->first_weekday + yday) % 7))
		return false;
	if (rule_has(rule, PART_YEARDAY) && !intset_has(&rule->parts[PART_YEARDAY], yday + 1) &&
		!intset_has(&rule->parts[PART_YEARDAY], yday - (year->leap ? 366 : 365)))
		return false;
	return !rule_has(rule, PART_WEEKNO) || takes_week(plan, year, yday);
}

static bool takes_monthday(const struct plan *plan, int monthday, int length)
{
	return (plan->monthday_pos >> monthday & 1) != 0 ||
	       (plan->monthday_neg >> (length - monthday + 1) & 1) != 0;
}

bool plan_takes_day(const struct plan *plan, const struct year *year, int month, int monthday)
{
	if (plan->months != 0 && (plan->months >> month & 1) == 0)
		return false;
	if (plan->has_monthday &&
		!takes_monthday(plan, monthday, days_in_month(year->number, month)))
		return false;
	return takes_rest(plan, year, month, monthday);
}

/* RFC 7529: days that the month lacks move to its last day, or to the next month's first. */
static bool has_lacking_days(const struct plan *plan, int length)
{
	return plan->has_monthday && plan->rule->skip != SKIP_OMIT && length < 31 &&
	       plan->monthday_pos >> (length + 1) != 0;
}

int plan_month_days(
	const struct plan *plan, const struct year *year, int month, int64_t from, uint16_t *days)
{
	int length = days_in_month(year->number, month), n = 0;
	int64_t first = year->first + day_of_year(year, month, 1) - from;
	bool lacking = has_lacking_days(plan, length);

	if (plan->months != 0 && (plan->months >> month & 1) == 0)
		return 0;
	for (int day = 1; day <= length; day++) {
		if (plan->has_monthday && !takes_monthday(plan, day, length) &&
			!(lacking && day == length && plan->rule->skip == SKIP_BACKWARD))
			continue;
		if (takes_rest(plan, year, month, day))
			days[n++] = (uint16_t)(first + day - 1);
	}
	/* The month after December is never asked for: December has 31 days. */
	if (lacking && plan->rule->skip == SKIP_FORWARD && takes_rest(plan, year, month + 1, 1))
		days[n++] = (uint16_t)(first + length);
	return n;
}

/* Times of day ------------------------------------------------------------------------------------- */

int plan_time(const struct plan *plan, int64_t i)
{
	int second = (int)(i % plan->seconds);
	int minute = (int)(i / plan->seconds % plan->minutes);
	int hour = (int)(i / plan->seconds / plan->minutes);

	return plan->hour[hour] * 3600 + plan->minute[minute] * 60 + plan->second[second];
}

bool plan_takes_position(const struct plan *plan, int64_t i, int64_t total)
{
	const struct intset *positions = &plan->rule->parts[PART_SETPOS];

	if (!rule_has(plan->rule, PART_SETPOS))
		return true;
	return (i < INTSET_MAX && intset_has(positions, (int)i + 1)) ||
	       (total - i <= INTSET_MAX && intset_has(positions, (int)(i - total)));
}

/* A list below the frequency: the rule's, or what the start says.  Above it: only the filter. */
static int time_list(const struct plan *plan, enum rule_part part, bool below, int start_value,
	uint8_t *list, uint64_t *ret_filter)
{
	const struct intset *set = &plan->rule->parts[part];
	int n = 0;

	*ret_filter = 0;
	if (!below) {
		*ret_filter = rule_has(plan->rule, part) ? set->pos[0] : 0;
		list[0] = 0;
		return 1;
	}
	if (!rule_has(plan->rule, part)) {
		list[0] = (uint8_t)start_value;
		return 1;
	}
	for (int v = intset_next(set, INTSET_START); v != INTSET_END; v = intset_next(set, v))
		list[n++] = (uint8_t)v;
	return n;
}

static void init_times(struct plan *plan, const struct civil *start)
{
	uint64_t hours = 0;

	plan->hours = time_list(
		plan, PART_HOUR, plan->freq > FREQ_HOURLY, start->hour, plan->hour, &hours);
	plan->hour_filter = (uint32_t)hours;
	plan->minutes = time_list(plan, PART_MINUTE, plan->freq > FREQ_MINUTELY, start->minute,
		plan->minute, &plan->minute_filter);
	plan->seconds = time_list(plan, PART_SECOND, plan->freq > FREQ_SECONDLY, start->second,
		plan->second, &plan->second_filter);
	plan->times = (int64_t)plan->hours * plan->minutes * plan->seconds;
}

static int64_t gcd(int64_t a, int64_t b)
{
	while (b != 0) {
		int64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* Sub-daily steps reach only some times of day; if the filters take none of those, nothing ever comes. */
static bool times_never_match(const struct plan *plan, int64_t unit)
{
	int64_t stride = gcd(plan->interval * unit, DAY_SECONDS);

	if (plan->hour_filter == 0 && plan->minute_filter == 0 && plan->second_filter == 0)
		return false;
	for (int64_t t = ((plan->base % stride) + stride) % stride; t < DAY_SECONDS; t += stride) {
		if ((plan->hour_filter == 0 || (plan->hour_filter >> t / 3600 & 1) != 0) &&
			(plan->minute_filter == 0 ||
				(plan->minute_filter >> t / 60 % 60 & 1) != 0) &&
			(plan->second_filter == 0 || (plan->second_filter >> t % 60 & 1) != 0))
			return false;
	}
	return true;
}

/* Steps of whole weeks stay on one weekday, steps of whole years in one month. */
static bool days_never_match(const struct plan *plan, int64_t unit)
{
	int64_t stride = plan->interval * unit;
	int weekday = weekday_from_days(floor_div(plan->start, DAY_SECONDS));

	if (plan->freq == FREQ_MONTHLY)
		return plan->interval % 12 == 0 && plan->months != 0 &&
		       (plan->months >> (plan->base % 12 + 1) & 1) == 0;
	return plan->freq <= FREQ_DAILY && stride % (7 * DAY_SECONDS) == 0 && plan->has_days &&
	       (plan->days >> weekday & 1) == 0;
}

/* The whole ---------------------------------------------------------------------------------------- */

static void take_monthdays(struct plan *plan)
{
	const struct intset *set = &plan->rule->parts[PART_MONTHDAY];

	plan->has_monthday = rule_has(plan->rule, PART_MONTHDAY);
	plan->monthday_pos = (uint32_t)set->pos[0];
	plan->monthday_neg = (uint32_t)set->neg[0];
}

static void imply_days(struct plan *plan, const struct civil *start, int weekday)
{
	const struct rule *rule = plan->rule;
	bool yearly = plan->freq == FREQ_YEARLY;

	if (plan->freq < FREQ_WEEKLY || plan->has_days || plan->has_monthday ||
		(yearly && rule_has(rule, PART_YEARDAY)))
		return;
	if (plan->freq == FREQ_WEEKLY || (yearly && rule_has(rule, PART_WEEKNO))) {
		plan->has_days = true;
		plan->days = (uint8_t)(1u << weekday);
		return;
	}
	plan->has_monthday = true;
	plan->monthday_pos = UINT32_C(1) << start->day;
	if (yearly && plan->months == 0)
		plan->months = 1u << start->month;
}

static void init_base(struct plan *plan, const struct civil *start, int weekday)
{
	static const int units[FREQ_COUNT] = { 1, 60, 3600, DAY_SECONDS };
	int64_t day = floor_div(plan->start, DAY_SECONDS);

	switch (plan->freq) {
	case FREQ_YEARLY:
		plan->base = start->year;
		break;
	case FREQ_MONTHLY:
		plan->base = (int64_t)start->year * 12 + start->month - 1;
		break;
	case FREQ_WEEKLY:
		plan->base = day - (weekday - plan->rule->week_start + 7) % 7;
		break;
	case FREQ_DAILY:
		plan->base = day;
		break;
	default:
		plan->base = floor_div(plan->start, units[plan->freq]) * units[plan->freq];
		plan->never = times_never_match(plan, units[plan->freq]);
		break;
	}
	plan->never |= days_never_match(plan, units[plan->freq]);
}

void plan_init(struct plan *plan, const struct rule *rule, sec_t start_wall)
{
	struct civil start = civil_from_wall(start_wall);
	int weekday = weekday_from_days(floor_div(start_wall, DAY_SECONDS));

	*plan = (struct plan){ .rule = rule,
		.freq = rule->freq,
		.interval = rule->interval,
		.start = start_wall,
		.months = (unsigned)rule->parts[PART_MONTH].pos[0],
		.has_days = rule->has_days,
		.has_nth = rule->has_nth,
		.days = rule->days,
		.nth_of_year = rule->freq == FREQ_YEARLY && !rule_has(rule, PART_MONTH) };
	take_monthdays(plan);
	imply_days(plan, &start, weekday);
	plan->day_filter = plan->months != 0 || plan->has_monthday || plan->has_days ||
			   rule_has(rule, PART_YEARDAY) || rule_has(rule, PART_WEEKNO);
	init_times(plan, &start);
	init_base(plan, &start, weekday);
}

/* Does a period with so many days hold any of the set positions? */
static bool positions_reach(const struct plan *plan, int days)
{
	int64_t total = days * plan->times;

	if (total == 0 || !rule_has(plan->rule, PART_SETPOS))
		return total > 0;
	for (int64_t i = 0; i < total && i < INTSET_MAX; i++)
		if (plan_takes_position(plan, i, total) ||
			plan_takes_position(plan, total - 1 - i, total))
			return true;
	return false;
}

static bool year_possible(const struct plan *plan, const struct year *year)
{
	uint16_t days[INTSET_MAX + 2];
	int in_year = 0;

	for (int month = 1; month <= 12; month++) {
		int n = plan_month_days(plan, year, month, year->first, days);

		in_year += n;
		/* Weeks cross months; what a week or a day can hold is looked at elsewhere. */
		if (plan->freq < FREQ_MONTHLY ? n > 0 : positions_reach(plan, n))
			return true;
	}
	return plan->freq == FREQ_YEARLY && positions_reach(plan, in_year);
}

static bool small_set_reaches(const struct plan *plan)
{
	int days = plan->freq == FREQ_WEEKLY ? __builtin_popcount(plan->days) : 1;

	return plan->freq > FREQ_WEEKLY || positions_reach(plan, days);
}

/* The calendar repeats after 400 years, and has only 28 kinds of years with their neighbours. */
static bool days_ever_match(const struct plan *plan)
{
	bool seen[2][2][7] = { 0 };

	for (int number = 2000; number < 2400; number++) {
		struct year year;

		year_init(&year, number, plan->rule->week_start);
		if (seen[year.leap][is_leap(number - 1)][year.first_weekday])
			continue;
		seen[year.leap][is_leap(number - 1)][year.first_weekday] = true;
		if (year_possible(plan, &year))
			return true;
	}
	return false;
}

void plan_settle(struct plan *plan)
{
	/* Only these can depend on what the start has added. */
	if (plan->freq >= FREQ_MONTHLY && (plan->months != 0 || rule_has(plan->rule, PART_WEEKNO) ||
						  rule_has(plan->rule, PART_SETPOS)))
		plan->never |= !days_ever_match(plan);
}

bool plan_possible(const struct rule *rule, enum rule_form form, struct err *err)
{
	struct plan plan;

	/* A Monday, 3 January: a day that every month has. */
	plan_init(&plan, rule, days_from_civil(2000, 1, 3) * DAY_SECONDS);
	if (!rule->has_days && rule_has(rule, PART_WEEKNO))
		plan.days = 0x7f;
	if (!small_set_reaches(&plan))
		return err_set(err, "%s: no set has so many occurrences",
			form == FORM_JSON ? ".bySetPosition" : "BYSETPOS");
	if (!plan.day_filter || days_ever_match(&plan))
		return true;
	return err_set(err, "%sno day ever matches all of the lists%s",
		form == FORM_JSON ? ": " : "",
		rule_has(rule, PART_SETPOS) ? " and set positions" : "");
}
