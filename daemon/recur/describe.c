/* Rule to an English sentence: "every month on the last Friday at 09:00, Europe/Berlin, 12 times". */
#include "recur/describe.h"

#include "recur/pattern.h"

#define MONDAY_TO_FRIDAY 0x3e
#define TIMES_SHOWN      6 /* more times of day than these are told as hours and minutes */

static const char *const unit_names[FREQ_COUNT] = { "second", "minute", "hour", "day", "week",
	"month", "year" };
static const char *const day_names[7] = { "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday",
	"Friday", "Saturday" };
static const char *const month_names[12] = { "January", "February", "March", "April", "May", "June",
	"July", "August", "September", "October", "November", "December" };

void list_next(struct lister *lister)
{
	if (lister->n++ > 0)
		strbuf_add_text(lister->buf, lister->left == 1 ? lister->word : ", ");
	lister->left--;
}

static int intset_count(const struct intset *set)
{
	int n = 0;
	for (int v = intset_next(set, INTSET_START); v != INTSET_END; v = intset_next(set, v))
		n++;
	return n;
}

static void add_number(struct strbuf *buf, int n)
{
	static const char *const suffixes[] = { "th", "st", "nd", "rd" };
	strbuf_addf(buf, "%d%s", n, n % 100 / 10 != 1 && n % 10 <= 3 ? suffixes[n % 10] : "th");
}

static void add_ordinal(struct strbuf *buf, int n)
{
	static const char *const words[] = { "", "first", "second", "third", "fourth", "fifth" };
	int size = n < 0 ? -n : n;
	if (n == -1) {
		strbuf_add_text(buf, "last");
		return;
	}
	if (size <= 5)
		strbuf_add_text(buf, words[size]);
	else
		add_number(buf, size);
	if (n < 0)
		strbuf_add_text(buf, " last");
}

static void add_monthday(struct strbuf *buf, int n)
{
	if (n > 0) {
		add_number(buf, n);
		return;
	}
	add_ordinal(buf, n);
	strbuf_add_text(buf, " day");
}

/* Where the run of numbers that begins with v ends; v itself where it is short. */
static int end_of_run(const struct intset *set, int v)
{
	int end = v;
	while (v >= 0 && intset_has(set, end + 1))
		end++;
	return end - v >= 2 ? end : v;
}

static int runs_count(const struct intset *set)
{
	int n = 0;
	for (int v = intset_next(set, INTSET_START); v != INTSET_END;
		v = intset_next(set, end_of_run(set, v)))
		n++;
	return n;
}

/* "1st, 5th to 8th and last day" */
static void add_monthdays(const struct pattern *pattern, const char *word, struct strbuf *buf)
{
	struct intset set = { .pos = { pattern->monthday_pos }, .neg = { pattern->monthday_neg } };
	struct lister lister = { buf, runs_count(&set), 0, word };
	for (int v = intset_next(&set, INTSET_START), end; v != INTSET_END;
		v = intset_next(&set, end)) {
		list_next(&lister);
		add_monthday(buf, v);
		end = end_of_run(&set, v);
		if (end > v) {
			strbuf_add_text(buf, " to ");
			add_monthday(buf, end);
		}
	}
}

static void add_weekdays(const struct pattern *pattern, struct strbuf *buf)
{
	struct lister lister = { buf, __builtin_popcount(pattern->days), 0, " and " };
	const char *every = pattern->freq > FREQ_WEEKLY ? "every " : "";
	if (pattern->days == MONDAY_TO_FRIDAY && !pattern->has_nth) {
		strbuf_addf(buf, "%sMonday to Friday", every);
		return;
	}
	for (int i = 0; i < 7; i++)
		lister.left += intset_count(&pattern->rule->nth[i]);
	for (int i = 0; i < 7; i++) {
		int day = (i + 1) % 7;
		const struct intset *nth = &pattern->rule->nth[day];
		if ((pattern->days >> day & 1) != 0) {
			list_next(&lister);
			strbuf_addf(buf, "%s%s", every, day_names[day]);
			if (!pattern->has_nth)
				every = "";
		}
		for (int v = intset_next(nth, INTSET_START); v != INTSET_END;
			v = intset_next(nth, v)) {
			list_next(&lister);
			strbuf_add_text(buf, "the ");
			add_ordinal(buf, v);
			strbuf_addf(buf, " %s", day_names[day]);
		}
	}
}

static void add_months(const struct pattern *pattern, struct strbuf *buf)
{
	struct lister lister = { buf, __builtin_popcount(pattern->months), 0, " and " };
	for (int month = 1; month <= 12; month++) {
		if ((pattern->months >> month & 1) == 0)
			continue;
		list_next(&lister);
		strbuf_add_text(buf, month_names[month - 1]);
	}
}

/* " at minute 5", " in hours 9 to 16 and 20" */
static void add_numbers(const struct intset *set, const char *before, struct strbuf *buf)
{
	struct lister lister = { buf, runs_count(set), 0, " and " };
	strbuf_addf(buf, "%s%s ", before, intset_count(set) > 1 ? "s" : "");
	for (int v = intset_next(set, INTSET_START), end; v != INTSET_END;
		v = intset_next(set, end)) {
		list_next(&lister);
		end = end_of_run(set, v);
		strbuf_addf(buf, end > v ? "%d to %d" : "%d", v, end);
	}
}

static void add_weeks(const struct pattern *pattern, struct strbuf *buf)
{
	if (rule_has(pattern->rule, PART_WEEKNO))
		add_numbers(&pattern->rule->parts[PART_WEEKNO], " in week", buf);
}

/* The n-th or last of Monday to Friday, and nothing else. */
static bool is_weekday_position(const struct pattern *pattern)
{
	const struct rule *rule = pattern->rule;
	return rule_has(rule, PART_SETPOS) && intset_count(&rule->parts[PART_SETPOS]) == 1 &&
	       !rule->workday && pattern->days == MONDAY_TO_FRIDAY && !pattern->has_nth &&
	       !pattern->has_monthday && pattern->months == 0;
}

/* "on 29 February", "on the last weekday": what needs no list of days.  False: it does. */
static bool add_simple_days(const struct pattern *pattern, struct strbuf *buf)
{
	const struct intset *positions = &pattern->rule->parts[PART_SETPOS];
	int position = intset_next(positions, INTSET_START);
	if (pattern->rule->workday)
		return false;
	if (pattern->has_monthday && !pattern->has_days && pattern->freq == FREQ_YEARLY &&
		pattern->monthday_neg == 0 && __builtin_popcount(pattern->monthday_pos) == 1 &&
		pattern->months != 0 && !rule_has(pattern->rule, PART_YEARDAY)) {
		strbuf_addf(buf, " on %d ", __builtin_ctz(pattern->monthday_pos));
		add_months(pattern, buf);
		add_weeks(pattern, buf);
		return true;
	}
	if (pattern->freq == FREQ_MONTHLY && is_weekday_position(pattern) && pattern->times == 1) {
		strbuf_add_text(buf, " on the ");
		add_ordinal(buf, position);
		strbuf_add_text(buf, " weekday (Monday to Friday)");
		return true;
	}
	return false;
}

static void add_skip(const struct rule *rule, struct strbuf *buf)
{
	if (rule->skip != SKIP_OMIT)
		strbuf_add_text(buf, rule->skip == SKIP_BACKWARD
					     ? " (or the last day of a shorter month)"
					     : " (or the day after a shorter month)");
}

/* " on working days (calendar bank)", " on the second last working day (Monday to Friday)" */
static void add_workdays(const struct pattern *pattern, struct strbuf *buf)
{
	const struct rule *rule = pattern->rule;
	const struct intset *nth = &rule->parts[PART_WORKDAY];
	struct lister lister = { buf, intset_count(nth), 0, " and " };
	bool alone = !pattern->has_days && !pattern->has_monthday &&
		     !rule_has(rule, PART_YEARDAY) && !rule_has(rule, PART_WEEKNO);
	if (!rule->workday)
		return;
	strbuf_add_text(buf, alone ? " on " : " if it is ");
	strbuf_add_text(buf, lister.left > 0 ? "the " : alone ? "" : "a ");
	for (int v = intset_next(nth, INTSET_START); v != INTSET_END; v = intset_next(nth, v)) {
		list_next(&lister);
		add_ordinal(buf, v);
	}
	strbuf_addf(buf, "%sworking day%s (%s%s)", lister.n > 0 ? " " : "",
		lister.n == 0 && alone ? "s" : "", rule->calendar ? "calendar " : "",
		rule->calendar ? rule->calendar : "Monday to Friday");
	if (lister.n > 0 && pattern->nth_of_year)
		strbuf_add_text(buf, " of the year");
}

static void add_days(const struct pattern *pattern, struct strbuf *buf)
{
	const struct rule *rule = pattern->rule;
	if (pattern->has_days) {
		strbuf_add_text(buf, " on ");
		add_weekdays(pattern, buf);
		if (pattern->has_nth && pattern->nth_of_year)
			strbuf_add_text(buf, " of the year");
	}
	if (pattern->has_monthday) {
		strbuf_add_text(buf, pattern->has_days ? " if it is the " : " on the ");
		add_monthdays(pattern, pattern->has_days ? " or " : " and ", buf);
		if (pattern->freq == FREQ_YEARLY && pattern->months == 0)
			strbuf_add_text(buf, " of every month");
	}
	bool of_months = pattern->months != 0 && (pattern->has_monthday || pattern->has_nth);
	if (of_months) {
		strbuf_add_text(buf, " of ");
		add_months(pattern, buf);
	}
	if (rule_has(rule, PART_YEARDAY)) {
		add_numbers(&rule->parts[PART_YEARDAY], " on day", buf);
		strbuf_add_text(buf, " of the year");
	}
	add_weeks(pattern, buf);
	add_workdays(pattern, buf);
	if (pattern->months != 0 && !of_months) {
		strbuf_add_text(buf, " in ");
		add_months(pattern, buf);
	}
}

static void add_position(const struct pattern *pattern, struct strbuf *buf)
{
	const struct intset *set = &pattern->rule->parts[PART_SETPOS];
	struct lister lister = { buf, intset_count(set), 0, " and " };
	if (!rule_has(pattern->rule, PART_SETPOS) ||
		(pattern->freq == FREQ_MONTHLY && is_weekday_position(pattern) &&
			pattern->times == 1))
		return;
	strbuf_add_text(buf, ", only the ");
	for (int v = intset_next(set, INTSET_START); v != INTSET_END; v = intset_next(set, v)) {
		list_next(&lister);
		add_ordinal(buf, v);
	}
	strbuf_addf(buf, " of these in the %s", unit_names[pattern->freq]);
}

static void add_clock(const struct pattern *pattern, struct strbuf *buf)
{
	struct lister lister = { buf, (int)pattern->times, 0, " and " };
	strbuf_add_text(buf, " at ");
	for (int64_t i = 0; i < pattern->times; i++) {
		int time = pattern_time(pattern, i);
		list_next(&lister);
		strbuf_addf(buf, "%02d:%02d", time / 3600, time / 60 % 60);
		if (time % 60 != 0)
			strbuf_addf(buf, ":%02d", time % 60);
	}
}

/* What the rule, or its start, says of one part of the clock; nothing for ":00" alone. */
static void add_time_list(const struct pattern *pattern, enum rule_part part, const uint8_t *list,
	int n, const char *words, struct strbuf *buf)
{
	bool below = pattern->freq > (part == PART_SECOND          ? FREQ_SECONDLY
					     : part == PART_MINUTE ? FREQ_MINUTELY
								   : FREQ_HOURLY);
	if (!below && !rule_has(pattern->rule, part))
		return;
	if (below && n == 1 && list[0] == 0 && part != PART_HOUR)
		return;
	struct intset set = { 0 };
	if (!below)
		set = pattern->rule->parts[part];
	for (int i = 0; below && i < n; i++)
		intset_add(&set, list[i]);
	add_numbers(&set, words, buf);
}

static void add_lists_of_times(const struct pattern *pattern, struct strbuf *buf)
{
	add_time_list(pattern, PART_SECOND, pattern->second, pattern->seconds, " at second", buf);
	add_time_list(pattern, PART_MINUTE, pattern->minute, pattern->minutes, " at minute", buf);
	add_time_list(pattern, PART_HOUR, pattern->hour, pattern->hours, " in hour", buf);
}

/* The first day of a week is told where another one could give other weeks. */
static void add_week_start(const struct pattern *pattern, struct strbuf *buf)
{
	const struct rule *rule = pattern->rule;
	bool matters = rule_has(rule, PART_WEEKNO) ||
		       (pattern->freq == FREQ_WEEKLY &&
			       (pattern->interval > 1 || rule_has(rule, PART_SETPOS) ||
				       rule_has(rule, PART_WORKDAY)));
	if (matters && rule->week_start != 1)
		strbuf_addf(buf, ", weeks from %s on", day_names[rule->week_start]);
}

void rule_describe(const struct rule *rule, sec_t start_wall, struct strbuf *buf)
{
	struct pattern pattern;
	pattern_init(&pattern, rule, start_wall);
	if (pattern.interval == 1)
		strbuf_addf(buf, "every %s", unit_names[pattern.freq]);
	else
		strbuf_addf(buf, "every %lld %ss", (long long)pattern.interval,
			unit_names[pattern.freq]);
	if (!add_simple_days(&pattern, buf))
		add_days(&pattern, buf);
	add_skip(rule, buf);
	if (pattern.freq >= FREQ_DAILY && pattern.times <= TIMES_SHOWN)
		add_clock(&pattern, buf);
	else
		add_lists_of_times(&pattern, buf);
	add_position(&pattern, buf);
	add_week_start(&pattern, buf);
	describe_end(rule, buf);
}
