/* pattern: a rule made ready for expansion from one start, and which days it takes.  Inside recur/ only.
 *
 * What a rule leaves open comes from its start (RFC 5545 section 3.3.10, RFC 8984 section 4.3.3.2): a
 * weekly rule without days takes the start's weekday, and so on.  From then on every list is a filter
 * over the days of a period, which is what the RFC's expand-or-limit table amounts to; hours, minutes
 * and seconds below the frequency multiply, above it filter.
 */
#pragma once

#include "recur/rule_def.h"

struct pattern {
	const struct rule *rule;
	enum rule_freq freq;
	int64_t interval;
	sec_t start;
	int64_t base; /* the start's period: second, day, first day of the week, month or year number */
	unsigned months; /* bit per month, 1 to 12; 0: all */
	bool has_monthday, has_days, has_nth, nth_of_year;
	bool day_filter; /* some day may not match */
	uint32_t monthday_pos, monthday_neg;
	uint8_t days; /* plain weekdays */
	const struct workdays *workdays; /* only these; NULL: any, or it is not known which */
	bool never; /* nothing ever matches; set by pattern_prove */
	/* Filters above the frequency (bit sets, 0: all) and lists below it. */
	uint32_t hour_filter;
	uint64_t minute_filter, second_filter;
	int hours, minutes, seconds; /* lengths */
	uint8_t hour[24], minute[60], second[60];
	int64_t times; /* candidates of one day (or of one sub-daily period) */
};

/* What the calendar of one year needs computed once. */
struct year {
	int number;
	bool leap;
	int64_t first; /* day number of 1 January */
	int first_weekday;
	int week1; /* day of the year (0 = 1 January) on which week 1 starts, may be negative */
	int weeks; /* weeks of this year */
	int last_weeks; /* of the year before */
	int next_weeks;
	int week_start;
};

#define DAY_SECONDS 86400

void pattern_init(struct pattern *pattern, const struct rule *rule, sec_t start_wall);
/* Looks whether anything can match at all from this start: sets `never`. */
void pattern_prove(struct pattern *pattern);
/* A rule whose days never come, whatever its start, or whose set positions lie beyond every set. */
bool pattern_possible(const struct rule *rule, enum rule_form form, struct err *err) NODISCARD;

void year_init(struct year *year, int number, int week_start);
bool pattern_takes_day(
	const struct pattern *pattern, const struct year *year, int month, int monthday);
/* The month's days, as distances from day number `from`, appended to days; returns how many. */
int pattern_month_days(const struct pattern *pattern, const struct year *year, int month,
	int64_t from, uint16_t *days);

int64_t floor_div(int64_t a, int64_t b);
/* Seconds after the day's (period's) first of its i-th candidate, 0 <= i < pattern->times. */
int pattern_time(const struct pattern *pattern, int64_t i);
/* Does BYSETPOS take the i-th (from 0) of total?  True for all where there is none. */
bool pattern_takes_position(const struct pattern *pattern, int64_t i, int64_t total);
/* The shortest time between two candidates that the rule's days and times allow; the part to blame for
 * it, as the form of the rule calls it. */
sec_t pattern_min_gap(const struct pattern *pattern, const char **ret_part);
