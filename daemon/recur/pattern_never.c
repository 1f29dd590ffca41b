/* Patterns of which nothing ever comes, found before anything is expanded: an expander would look for
 * it until the end of time. */
#include "recur/pattern.h"

#include "util/timefmt.h"

#define WEEK_SECONDS (7 * DAY_SECONDS)
#define ALL_MONTHS   0x1ffe
#define REFUSED_MAX  200 /* bytes of a rule that are told in an error */

/* From this start: steps that miss ----------------------------------------------------------------- */

static int64_t gcd(int64_t a, int64_t b)
{
	while (b != 0) {
		int64_t rest = a % b;
		a = b;
		b = rest;
	}
	return a;
}

static bool takes_second(const struct pattern *pattern, int64_t t)
{
	return (pattern->hour_filter == 0 || (pattern->hour_filter >> t / 3600 & 1) != 0) &&
	       (pattern->minute_filter == 0 || (pattern->minute_filter >> t / 60 % 60 & 1) != 0) &&
	       (pattern->second_filter == 0 || (pattern->second_filter >> t % 60 & 1) != 0);
}

/* Equal steps come round to the same times of day, after a day or after a week: do the filters take
 * any of these?  unit: seconds of the frequency. */
static bool steps_never_match(const struct pattern *pattern, int64_t unit)
{
	int64_t step = gcd(pattern->interval * unit, WEEK_SECONDS);
	bool weekly = DAY_SECONDS % step != 0;
	int64_t cycle = weekly ? WEEK_SECONDS : DAY_SECONDS;
	uint8_t days = weekly && pattern->has_days ? pattern->days : 0x7f;
	int64_t base = pattern->freq == FREQ_DAILY ? pattern->base * DAY_SECONDS : pattern->base;
	if (days == 0x7f && pattern->hour_filter == 0 && pattern->minute_filter == 0 &&
		pattern->second_filter == 0)
		return false;
	for (int64_t t = base - floor_div(base, step) * step; t < cycle; t += step) {
		if ((days >> weekday_from_days(t / DAY_SECONDS) & 1) != 0 &&
			takes_second(pattern, t % DAY_SECONDS))
			return false;
	}
	return true;
}

/* Steps of months come round after a year: bit per month that they reach. */
static unsigned months_reached(const struct pattern *pattern)
{
	int64_t step = gcd(pattern->interval, 12);
	unsigned months = 0;
	for (int64_t month = pattern->base % step; month < 12; month += step)
		months |= 1u << (month + 1);
	return months;
}

/* Whatever the start: days that are not there ------------------------------------------------------ */

/* Does a period with so many days hold any of the set positions? */
static bool positions_reach(const struct pattern *pattern, int days)
{
	int64_t total = days * pattern->times;
	if (total == 0 || !rule_has(pattern->rule, PART_SETPOS))
		return total > 0;
	for (int64_t i = 0; i < total && i < INTSET_MAX; i++)
		if (pattern_takes_position(pattern, i, total) ||
			pattern_takes_position(pattern, total - 1 - i, total))
			return true;
	return false;
}

static bool year_possible(const struct pattern *pattern, const struct year *year)
{
	uint16_t days[INTSET_MAX + 2];
	int in_year = 0;
	for (int month = 1; month <= 12; month++) {
		int n = pattern_month_days(pattern, year, month, year->first, days);
		in_year += n;
		/* Weeks cross months; what a week or a day can hold is looked at elsewhere. */
		if (pattern->freq < FREQ_MONTHLY ? n > 0 : positions_reach(pattern, n))
			return true;
	}
	return pattern->freq == FREQ_YEARLY && positions_reach(pattern, in_year);
}

static bool small_set_reaches(const struct pattern *pattern)
{
	bool any = pattern->rule->workday && !pattern->has_days;
	int days = pattern->freq != FREQ_WEEKLY ? 1 : any ? 7 : __builtin_popcount(pattern->days);
	return pattern->freq > FREQ_WEEKLY || positions_reach(pattern, days);
}

/* The calendar repeats after 400 years, and has only 28 kinds of years with their neighbours. */
static bool days_ever_match(const struct pattern *pattern)
{
	bool seen[2][2][7] = { 0 };
	for (int number = 2000; number < 2400; number++) {
		bool leap_before = days_in_month(number - 1, 2) == 29;
		struct year year;
		year_init(&year, number, pattern->rule->week_start);
		if (seen[year.leap][leap_before][year.first_weekday])
			continue;
		seen[year.leap][leap_before][year.first_weekday] = true;
		if (year_possible(pattern, &year))
			return true;
	}
	return false;
}

/* Of the days of months and years, only these can depend on what the start has added. */
static bool days_depend_on_start(const struct pattern *pattern)
{
	return pattern->months != 0 || rule_has(pattern->rule, PART_WEEKNO) ||
	       rule_has(pattern->rule, PART_SETPOS);
}

void pattern_prove(struct pattern *pattern)
{
	static const int units[FREQ_COUNT] = { 1, 60, 3600, DAY_SECONDS };
	struct pattern trial = *pattern;
	trial.workdays = NULL; /* other years may have other ones */
	if (pattern->freq <= FREQ_DAILY)
		pattern->never = steps_never_match(pattern, units[pattern->freq]);
	if (pattern->freq == FREQ_MONTHLY && pattern->interval > 1) {
		trial.months = months_reached(pattern) &
			       (pattern->months != 0 ? pattern->months : ALL_MONTHS);
		pattern->never = trial.months == 0;
	}
	if (pattern->freq >= FREQ_MONTHLY && !pattern->never && days_depend_on_start(&trial))
		pattern->never = !days_ever_match(&trial);
}

/* With the lists that contradict each other. */
static bool refuse(const struct rule *rule, const char *path, const char *why, struct err *err)
{
	struct strbuf text CLEANUP(strbuf_free);
	strbuf_init(&text, RULE_TEXT_MAX);
	rule_text_lists(rule, &text);
	return err_set(err, "%s%s: %.*s%s", path, why, REFUSED_MAX, text.data,
		text.len > REFUSED_MAX ? "..." : "");
}

bool pattern_possible(const struct rule *rule, enum rule_form form, struct err *err)
{
	struct pattern pattern;
	/* A Monday, 3 January: a day that every month has. */
	pattern_init(&pattern, rule, days_from_civil(2000, 1, 3) * DAY_SECONDS);
	if (!rule->has_days && rule_has(rule, PART_WEEKNO))
		pattern.days = 0x7f;
	if (!small_set_reaches(&pattern))
		return refuse(rule, form == FORM_JSON ? ".bySetPosition: " : "BYSETPOS: ",
			"no set has so many occurrences", err);
	if (!pattern.day_filter || days_ever_match(&pattern))
		return true;
	return refuse(rule, form == FORM_JSON ? ": " : "",
		rule_has(rule, PART_SETPOS)
			? "no day ever matches all of the lists and set positions"
			: "no day ever matches all of the lists",
		err);
}
