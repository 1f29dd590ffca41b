/* What the start adds to the rule, and the filters over days. */
#include "recur/pattern.h"

#include <string.h>

#include "recur/workdays.h"
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

static bool takes_week(const struct pattern *pattern, const struct year *year, int yday)
{
	const struct intset *weeks = &pattern->rule->parts[PART_WEEKNO];
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

static bool takes_weekday(const struct pattern *pattern, const struct year *year, int month,
	int monthday, int yday, int weekday)
{
	int index = monthday - 1, length = days_in_month(year->number, month);
	const struct intset *nth = &pattern->rule->nth[weekday];
	if ((pattern->days >> weekday & 1) != 0)
		return true;
	if (!pattern->has_nth)
		return false;
	if (pattern->nth_of_year) {
		index = yday;
		length = year->leap ? 366 : 365;
	}
	return intset_has(nth, index / 7 + 1) || intset_has(nth, -((length - 1 - index) / 7) - 1);
}

/* The n-th working day of the week, the month, or the year. */
static bool takes_workday(
	const struct pattern *pattern, const struct year *year, int month, int monthday, int yday)
{
	const struct intset *nth = &pattern->rule->parts[PART_WORKDAY];
	int64_t day = year->first + yday, first = day - monthday + 1;
	int64_t last = first + days_in_month(year->number, month) - 1;
	if (!workdays_work(pattern->workdays, day))
		return false;
	if (!rule_has(pattern->rule, PART_WORKDAY))
		return true;
	if (pattern->freq == FREQ_WEEKLY) {
		first = day - (weekday_from_days(day) - pattern->rule->week_start + 7) % 7;
		last = first + 6;
	} else if (pattern->nth_of_year) {
		first = year->first;
		last = first + (year->leap ? 365 : 364);
	}
	return intset_has(nth, workdays_count(pattern->workdays, first, day)) ||
	       intset_has(nth, -workdays_count(pattern->workdays, day, last));
}

/* All filters but BYMONTH and BYMONTHDAY. */
static bool takes_rest(
	const struct pattern *pattern, const struct year *year, int month, int monthday)
{
	int yday = day_of_year(year, month, monthday);
	const struct rule *rule = pattern->rule;
	if (pattern->has_days && !takes_weekday(pattern, year, month, monthday, yday,
					 (year->first_weekday + yday) % 7))
		return false;
	if (rule_has(rule, PART_YEARDAY) && !intset_has(&rule->parts[PART_YEARDAY], yday + 1) &&
		!intset_has(&rule->parts[PART_YEARDAY], yday - (year->leap ? 366 : 365)))
		return false;
	if (rule_has(rule, PART_WEEKNO) && !takes_week(pattern, year, yday))
		return false;
	return !pattern->workdays || takes_workday(pattern, year, month, monthday, yday);
}

static bool takes_monthday(const struct pattern *pattern, int monthday, int length)
{
	return (pattern->monthday_pos >> monthday & 1) != 0 ||
	       (pattern->monthday_neg >> (length - monthday + 1) & 1) != 0;
}

bool pattern_takes_day(
	const struct pattern *pattern, const struct year *year, int month, int monthday)
{
	if (pattern->months != 0 && (pattern->months >> month & 1) == 0)
		return false;
	if (pattern->has_monthday &&
		!takes_monthday(pattern, monthday, days_in_month(year->number, month)))
		return false;
	return takes_rest(pattern, year, month, monthday);
}

/* RFC 7529: days that the month lacks move to its last day, or to the next month's first. */
static bool has_lacking_days(const struct pattern *pattern, int length)
{
	return pattern->has_monthday && pattern->rule->skip != SKIP_OMIT && length < 31 &&
	       pattern->monthday_pos >> (length + 1) != 0;
}

int pattern_month_days(const struct pattern *pattern, const struct year *year, int month,
	int64_t from, uint16_t *days)
{
	int length = days_in_month(year->number, month);
	int64_t first = year->first + day_of_year(year, month, 1) - from;
	bool lacking = has_lacking_days(pattern, length);
	if (pattern->months != 0 && (pattern->months >> month & 1) == 0)
		return 0;
	int n = 0;
	for (int day = 1; day <= length; day++) {
		if (pattern->has_monthday && !takes_monthday(pattern, day, length) &&
			!(lacking && day == length && pattern->rule->skip == SKIP_BACKWARD))
			continue;
		if (takes_rest(pattern, year, month, day))
			days[n++] = (uint16_t)(first + day - 1);
	}
	/* The month after December is never asked for: December has 31 days. */
	if (lacking && pattern->rule->skip == SKIP_FORWARD &&
		takes_rest(pattern, year, month + 1, 1))
		days[n++] = (uint16_t)(first + length);
	return n;
}

/* Times of day ------------------------------------------------------------------------------------- */

int pattern_time(const struct pattern *pattern, int64_t i)
{
	int second = (int)(i % pattern->seconds);
	int minute = (int)(i / pattern->seconds % pattern->minutes);
	int hour = (int)(i / pattern->seconds / pattern->minutes);
	return pattern->hour[hour] * 3600 + pattern->minute[minute] * 60 + pattern->second[second];
}

bool pattern_takes_position(const struct pattern *pattern, int64_t i, int64_t total)
{
	const struct intset *positions = &pattern->rule->parts[PART_SETPOS];
	if (!rule_has(pattern->rule, PART_SETPOS))
		return true;
	return (i < INTSET_MAX && intset_has(positions, (int)i + 1)) ||
	       (total - i <= INTSET_MAX && intset_has(positions, (int)(i - total)));
}

/* A list below the frequency: the rule's, or what the start says.  Above it: only the filter. */
static int time_list(const struct pattern *pattern, enum rule_part part, bool below,
	int start_value, uint8_t *list, uint64_t *ret_filter)
{
	const struct intset *set = &pattern->rule->parts[part];
	*ret_filter = 0;
	if (!below) {
		*ret_filter = rule_has(pattern->rule, part) ? set->pos[0] : 0;
		list[0] = 0;
		return 1;
	}
	if (!rule_has(pattern->rule, part)) {
		list[0] = (uint8_t)start_value;
		return 1;
	}
	int n = 0;
	for (int v = intset_next(set, INTSET_START); v != INTSET_END; v = intset_next(set, v))
		list[n++] = (uint8_t)v;
	return n;
}

static void init_times(struct pattern *pattern, const struct civil *start)
{
	uint64_t hours = 0;
	pattern->hours = time_list(pattern, PART_HOUR, pattern->freq > FREQ_HOURLY, start->hour,
		pattern->hour, &hours);
	pattern->hour_filter = (uint32_t)hours;
	pattern->minutes = time_list(pattern, PART_MINUTE, pattern->freq > FREQ_MINUTELY,
		start->minute, pattern->minute, &pattern->minute_filter);
	pattern->seconds = time_list(pattern, PART_SECOND, pattern->freq > FREQ_SECONDLY,
		start->second, pattern->second, &pattern->second_filter);
	pattern->times = (int64_t)pattern->hours * pattern->minutes * pattern->seconds;
}

/* The whole ---------------------------------------------------------------------------------------- */

static void take_monthdays(struct pattern *pattern)
{
	const struct intset *set = &pattern->rule->parts[PART_MONTHDAY];
	pattern->has_monthday = rule_has(pattern->rule, PART_MONTHDAY);
	pattern->monthday_pos = (uint32_t)set->pos[0];
	pattern->monthday_neg = (uint32_t)set->neg[0];
}

static void imply_days(struct pattern *pattern, const struct civil *start, int weekday)
{
	const struct rule *rule = pattern->rule;
	bool yearly = pattern->freq == FREQ_YEARLY;
	if (pattern->freq < FREQ_WEEKLY || pattern->has_days || pattern->has_monthday ||
		rule->workday || (yearly && rule_has(rule, PART_YEARDAY)))
		return;
	if (pattern->freq == FREQ_WEEKLY || (yearly && rule_has(rule, PART_WEEKNO))) {
		pattern->has_days = true;
		pattern->days = (uint8_t)(1u << weekday);
		return;
	}
	pattern->has_monthday = true;
	pattern->monthday_pos = UINT32_C(1) << start->day;
	if (yearly && pattern->months == 0)
		pattern->months = 1u << start->month;
}

static int64_t base_of(const struct pattern *pattern, const struct civil *start, int weekday)
{
	static const int units[FREQ_COUNT] = { 1, 60, 3600 };
	int64_t day = floor_div(pattern->start, DAY_SECONDS);
	switch (pattern->freq) {
	case FREQ_YEARLY:
		return start->year;
	case FREQ_MONTHLY:
		return (int64_t)start->year * 12 + start->month - 1;
	case FREQ_WEEKLY:
		return day - (weekday - pattern->rule->week_start + 7) % 7;
	case FREQ_DAILY:
		return day;
	default:
		return floor_div(pattern->start, units[pattern->freq]) * units[pattern->freq];
	}
}

void pattern_init(struct pattern *pattern, const struct rule *rule, sec_t start_wall)
{
	struct civil start = civil_from_wall(start_wall);
	int weekday = weekday_from_days(floor_div(start_wall, DAY_SECONDS));
	*pattern = (struct pattern){ .rule = rule,
		.freq = rule->freq,
		.interval = rule->interval,
		.start = start_wall,
		.months = (unsigned)rule->parts[PART_MONTH].pos[0],
		.has_days = rule->has_days,
		.has_nth = rule->has_nth,
		.days = rule->days,
		.workdays = rule->workdays,
		.nth_of_year = rule->freq == FREQ_YEARLY && !rule_has(rule, PART_MONTH) };
	take_monthdays(pattern);
	imply_days(pattern, &start, weekday);
	pattern->day_filter = pattern->months != 0 || pattern->has_monthday || pattern->has_days ||
			      rule_has(rule, PART_YEARDAY) || rule_has(rule, PART_WEEKNO) ||
			      pattern->workdays;
	init_times(pattern, &start);
	pattern->base = base_of(pattern, &start, weekday);
}
