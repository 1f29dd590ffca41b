/* How close together the occurrences of a pattern can come: for min_interval. */
#include "recur/pattern.h"

static sec_t smaller(sec_t a, sec_t b)
{
	return a < b ? a : b;
}

static sec_t larger(sec_t a, sec_t b)
{
	return a > b ? a : b;
}

/* From one period's first moment to the next one's, at the least. */
static sec_t period_length(const struct pattern *pattern)
{
	static const sec_t lengths[FREQ_COUNT] = { 1, 60, 3600, DAY_SECONDS, 7 * DAY_SECONDS,
		28 * (sec_t)DAY_SECONDS, 365 * (sec_t)DAY_SECONDS };
	sec_t length = lengths[pattern->freq];
	return pattern->interval > INT64_MAX / length ? INT64_MAX : length * pattern->interval;
}

/* The shortest way round from one bit to the next; all of it where there is one bit. */
static int bits_distance(uint64_t bits, int size)
{
	int first = __builtin_ctzll(bits), last = first, distance = size;
	for (int i = first + 1; i < size; i++) {
		if ((bits >> i & 1) == 0)
			continue;
		distance = i - last < distance ? i - last : distance;
		last = i;
	}
	return size - last + first < distance ? size - last + first : distance;
}

/* Between two sub-daily periods: filters may keep them farther apart than the interval does. */
static sec_t subdaily_distance(const struct pattern *pattern)
{
	sec_t apart = 1;
	if (pattern->second_filter != 0)
		apart = bits_distance(pattern->second_filter, 60);
	if (pattern->freq == FREQ_MINUTELY)
		apart = 60;
	/* Only where all of them show the same second. */
	if (apart == 60 && pattern->minute_filter != 0)
		apart = 60 * (sec_t)bits_distance(pattern->minute_filter, 60);
	if (pattern->freq == FREQ_HOURLY)
		apart = 3600;
	if (apart == 3600 && pattern->hour_filter != 0)
		apart = 3600 * (sec_t)bits_distance(pattern->hour_filter, 24);
	return larger(apart, period_length(pattern));
}

/* Between the days that one period may take. */
static sec_t day_distance(const struct pattern *pattern)
{
	int days = __builtin_popcount(pattern->days);
	int monthdays = __builtin_popcount(pattern->monthday_pos) +
			__builtin_popcount(pattern->monthday_neg);
	bool monthly = pattern->freq == FREQ_MONTHLY || pattern->freq == FREQ_YEARLY;
	const struct rule *rule = pattern->rule;
	if (pattern->freq == FREQ_DAILY)
		return period_length(pattern);
	if (pattern->freq == FREQ_WEEKLY && days == 1)
		return period_length(pattern);
	if (monthly && pattern->has_monthday && monthdays == 1 && pattern->rule->skip == SKIP_OMIT)
		return pattern->freq == FREQ_MONTHLY ? period_length(pattern)
						     : 28 * (sec_t)DAY_SECONDS;
	if (monthly && pattern->has_days && !pattern->has_nth && days == 1 &&
		!rule_has(rule, PART_YEARDAY))
		return 7 * DAY_SECONDS;
	return DAY_SECONDS;
}

/* Over the times of one day (or sub-daily period), as far as BYSETPOS takes them. */
static sec_t time_distance(const struct pattern *pattern, sec_t around)
{
	/* Those of longer periods: position_distance. */
	bool positions = rule_has(pattern->rule, PART_SETPOS) && pattern->freq <= FREQ_DAILY;
	sec_t gap = around, first = -1, last = -1;
	/* There are no more than 86400, and most sets that large have two that are a second apart. */
	for (int64_t i = 0; i < pattern->times && gap > 1; i++) {
		if (positions && !pattern_takes_position(pattern, i, pattern->times))
			continue;
		sec_t time = pattern_time(pattern, i);
		if (first < 0)
			first = time;
		else
			gap = smaller(gap, time - last);
		last = time;
	}
	return first < 0 ? around : smaller(gap, around - last + first);
}

/* Of what BYSETPOS takes of sets: the shortest distance within one, the earliest time of day of a first,
 * the latest of a last. */
struct spread {
	sec_t gap, first, last;
};

static void add_set(const struct pattern *pattern, int days, struct spread *spread)
{
	int64_t total = days * pattern->times, last_day = -1;
	sec_t last = -1;
	for (int64_t i = 0; i < total; i++) {
		if (i == INTSET_MAX && total > 2 * INTSET_MAX)
			i = total - INTSET_MAX; /* positions do not reach the middle */
		if (!pattern_takes_position(pattern, i, total))
			continue;
		int64_t day = i / pattern->times;
		sec_t time = pattern_time(pattern, i % pattern->times);

		if (last_day < 0)
			spread->first = smaller(spread->first, time);
		else
			spread->gap = smaller(
				spread->gap, (day - last_day) * DAY_SECONDS + time - last);
		last_day = day;
		last = time;
	}
	spread->last = larger(spread->last, last);
}

/* Over the sets of weeks, months and years, however many days they have.  Days are a day apart at least,
 * in a set and from the last of one to the first of the next. */
static sec_t position_distance(const struct pattern *pattern)
{
	static const int longest[FREQ_COUNT] = {
		[FREQ_WEEKLY] = 7, [FREQ_MONTHLY] = 31, [FREQ_YEARLY] = 366
	};
	struct spread spread = { .gap = INT64_MAX, .first = DAY_SECONDS, .last = -1 };
	if (!rule_has(pattern->rule, PART_SETPOS))
		return 0;
	for (int days = 1; days <= longest[pattern->freq]; days++)
		add_set(pattern, days, &spread);
	return smaller(spread.gap, DAY_SECONDS + spread.first - spread.last);
}

static const char *part_to_blame(const struct pattern *pattern)
{
	const struct rule *rule = pattern->rule;
	enum rule_part part = pattern->seconds > 1   ? PART_SECOND
			      : pattern->minutes > 1 ? PART_MINUTE
			      : pattern->hours > 1   ? PART_HOUR
						     : PART_COUNT;
	bool text = rule->text_key;
	if (part != PART_COUNT)
		return text ? rule_parts[part].text : rule_parts[part].json;
	if (pattern->freq > FREQ_DAILY && rule->has_days)
		return text ? "BYDAY" : "byDay";
	if (pattern->freq > FREQ_DAILY && rule_has(rule, PART_MONTHDAY))
		return text ? "BYMONTHDAY" : "byMonthDay";
	if (pattern->interval > 1)
		return text ? "INTERVAL" : "interval";
	return text ? "FREQ" : "frequency";
}

sec_t pattern_min_gap(const struct pattern *pattern, const char **ret_part)
{
	sec_t around = pattern->freq < FREQ_DAILY ? subdaily_distance(pattern)
						  : day_distance(pattern);
	*ret_part = part_to_blame(pattern);
	sec_t gap = time_distance(pattern, around);
	/* Both are lower bounds. */
	return pattern->freq > FREQ_DAILY ? larger(gap, position_distance(pattern)) : gap;
}
