/* What libical 3.0.16 was measured to do, held against what recurd gives: where it is wrong, crashes,
 * hangs or accepts nonsense, and what recurd relies on.  That the rules in question do not reach it
 * is in test_expanders.c. */
#include "recur/opened.h"

#include "recur/ical.h"

#define NEW_YORK "America/New_York"

static void week_numbers_do_not_crash(void **state)
{
	(void)state;
	expect_times("it wrote out of bounds", "FREQ=YEARLY;BYWEEKNO=20", "2024-06-15T09:00:00",
		"UTC", "2025-05-17T09:00 2026-05-16T09:00");
	expect_times("weeks from the end", "FREQ=YEARLY;BYWEEKNO=-1;BYDAY=SA;WKST=WE",
		"2024-01-01T09:00:00", "UTC", "2024-12-28T09:00 2025-12-27T09:00 2026-12-26T09:00");
	expect_times("weeks that begin on Sunday", "FREQ=YEARLY;BYWEEKNO=1;BYDAY=SU;WKST=SU",
		"2024-01-01T09:00:00", "UTC",
		"2024-12-29T09:00 2026-01-04T09:00 2027-01-03T09:00 2028-01-02T09:00");
	expect_times("weeks over the year's edge", "FREQ=YEARLY;BYWEEKNO=53;BYDAY=FR",
		"2015-01-01T09:00:00", "UTC", "2016-01-01T09:00 2021-01-01T09:00 2027-01-01T09:00");
}

static void a_zone_makes_no_time_twice(void **state)
{
	(void)state;
	expect_times("03:30 came twice", "FREQ=DAILY", "2025-03-08T02:30:00", NEW_YORK,
		"2025-03-08T02:30 2025-03-09T03:30 2025-03-10T02:30 2025-03-11T02:30");
}

static void weeks_with_an_interval_keep_their_phase(void **state)
{
	(void)state;
	expect_times("it began in February", "FREQ=WEEKLY;INTERVAL=10;BYDAY=SU",
		"2011-12-01T00:00:00", "UTC", "2011-12-04T00:00 2012-02-12T00:00 2012-04-22T00:00");
	expect_times("with a day before the start's", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH",
		"2025-01-01T09:00:00", "UTC", "2025-01-02T09:00 2025-01-14T09:00 2025-01-16T09:00");
}

static void set_positions_are_heeded_everywhere(void **state)
{
	(void)state;
	expect_times("daily", "FREQ=DAILY;BYHOUR=9,17;BYSETPOS=-1", "2025-01-01T09:00:00", "UTC",
		"2025-01-01T17:00 2025-01-02T17:00");
	expect_times("weekly", "FREQ=WEEKLY;BYDAY=MO,FR;BYSETPOS=-1", "2025-01-01T09:00:00", "UTC",
		"2025-01-03T09:00 2025-01-10T09:00");
	expect_times("hourly", "FREQ=HOURLY;BYMINUTE=0,20,40;BYSETPOS=2", "2025-01-01T09:00:00",
		"UTC", "2025-01-01T09:20 2025-01-01T10:20");
	expect_times("of times, not days, monthly",
		"FREQ=MONTHLY;BYDAY=MO;BYHOUR=9,17;BYSETPOS=2,-1", "2025-01-01T09:00:00", "UTC",
		"2025-01-06T17:00 2025-01-27T17:00 2025-02-03T17:00");
	expect_times("and yearly", "FREQ=YEARLY;BYMONTH=3;BYDAY=MO;BYHOUR=9,17;BYSETPOS=2,-1",
		"2025-01-01T09:00:00", "UTC", "2025-03-03T17:00 2025-03-31T17:00 2026-03-02T17:00");
}

static void days_from_the_end_match_in_short_periods(void **state)
{
	(void)state;
	expect_times("daily", "FREQ=DAILY;BYMONTHDAY=-1", "2025-01-01T09:00:00", "UTC",
		"2025-01-31T09:00 2025-02-28T09:00");
	expect_times("hourly", "FREQ=HOURLY;BYMONTHDAY=-2;BYHOUR=9", "2025-01-01T09:00:00", "UTC",
		"2025-01-30T09:00 2025-02-27T09:00");
	expect_times("of the year", "FREQ=MINUTELY;BYYEARDAY=-1;BYHOUR=9;BYMINUTE=0",
		"2024-01-01T09:00:00", "UTC", "2024-12-31T09:00 2025-12-31T09:00");
}

static void lists_are_sets(void **state)
{
	(void)state;
	expect_times("hours", "FREQ=DAILY;BYHOUR=17,9,17", "2025-01-01T09:00:00", "UTC",
		"2025-01-01T09:00 2025-01-01T17:00 2025-01-02T09:00");
	expect_times("days", "FREQ=MONTHLY;BYMONTHDAY=15,1,15", "2025-01-01T09:00:00", "UTC",
		"2025-01-01T09:00 2025-01-15T09:00 2025-02-01T09:00");
	expect_times("months", "FREQ=YEARLY;BYMONTH=7,3,7", "2025-01-01T09:00:00", "UTC",
		"2025-03-01T09:00 2025-07-01T09:00 2026-03-01T09:00");
}

static void short_periods_with_limits_start_right(void **state)
{
	(void)state;
	expect_times("it began at 09:30", "FREQ=MINUTELY;BYHOUR=9", "2025-01-01T08:30:00", "UTC",
		"2025-01-01T09:00 2025-01-01T09:01 2025-01-01T09:02");
	expect_times("it forgot the interval", "FREQ=HOURLY;INTERVAL=5;BYHOUR=10,11",
		"2025-01-01T00:00:00", "UTC", "2025-01-01T10:00 2025-01-02T11:00 2025-01-06T10:00");
}

static void a_day_of_the_month_yearly_is_one_of_every_month(void **state)
{
	(void)state;
	expect_times("it took the start's month", "FREQ=YEARLY;BYMONTHDAY=15",
		"2025-11-01T09:00:00", "UTC", "2025-11-15T09:00 2025-12-15T09:00 2026-01-15T09:00");
}

static void keep_longest(int64_t from, int64_t *longest)
{
	int64_t took = cpu_us() - from;

	*longest = took > *longest ? took : *longest;
}

/* The longest of the calls that the daemon makes for a rule; ret_what: what comes of it. */
static int64_t longest_call(const char *text, const char **ret_what)
{
	char *json CLEANUP(mem_cleanup) = mem_printf("{\"rrule\":\"%s\"}", text);
	struct recurrence *recurrence = NULL;
	struct occurrence occurrence;
	struct rule *rule = NULL;
	enum recur_status status = RECUR_FOUND;
	int64_t longest = 0, from = cpu_us();
	bool taken = rule_parse(json, strlen(json), &rule, NULL);

	keep_longest(from, &longest);
	*ret_what = "refused";
	if (!taken)
		return longest;
	from = cpu_us();
	recurrence = open_rule(rule, "2023-01-31T09:00:30", NEW_YORK, RECUR_BY_TIME);
	keep_longest(from, &longest);
	for (int i = 0; i < 1000 && (status == RECUR_FOUND || status == RECUR_AGAIN); i++) {
		from = cpu_us();
		status = recurrence_next(recurrence, &occurrence, NULL);
		keep_longest(from, &longest);
	}
	*ret_what = status == RECUR_END ? "ends" : status == RECUR_FOUND ? "found" : "sliced";
	recurrence_close(recurrence);
	rule_free(rule);
	return longest;
}

/* What it spins on for a tenth of a second to hours, inside one call. */
static void hostile_rules_are_refused_or_bounded(void **state)
{
	static const char *const rules[] = {
		"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
		"FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30",
		"FREQ=MONTHLY;BYDAY=6MO",
		"FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
		"FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30",
		"FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30",
		"FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
		"FREQ=YEARLY;BYWEEKNO=20;BYMONTH=1",
		"FREQ=YEARLY;BYWEEKNO=20",
		"FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29",
		"FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=29,30",
		"FREQ=SECONDLY;INTERVAL=2;BYSECOND=1",
		"FREQ=SECONDLY;INTERVAL=86399;BYMONTH=2;BYMONTHDAY=29;BYHOUR=3;BYSECOND=1",
		"FREQ=HOURLY;INTERVAL=8784;BYYEARDAY=-366",
		"FREQ=DAILY;INTERVAL=2147483647",
		"FREQ=SECONDLY;COUNT=2147483647;BYDAY=MO;BYMONTH=2;BYMONTHDAY=29",
	};

	(void)state;
	print_message("CPU time of the longest call (us)\n");
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		const char *what = "";
		int64_t longest = longest_call(rules[i], &what);

		print_message("%8lld  %-8s %s\n", (long long)longest, what, rules[i]);
		if (longest >= SHORT_US)
			fail_msg("%s: a call took %lld us", rules[i], (long long)longest);
	}
}

/* Taken in silence by libical: as something else, or cut. */
static void nonsense_is_refused(void **state)
{
	static const char *const texts[] = { "COUNT=4294967298", "INTERVAL=4294967297",
		"INTERVAL=2x", "COUNT=2abc", "UNTIL=20251399T999999Z", "BYHOUR=", "BYDAY=257MO",
		"BYMONTH=13", "INTERVAL=2;INTERVAL=3", "SKIP=FORWARD" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		char *json CLEANUP(mem_cleanup) = mem_printf(
			"{\"rrule\":\"FREQ=YEARLY;%s\"}", texts[i]);
		struct rule *rule = NULL;

		if (rule_parse(json, strlen(json), &rule, NULL))
			fail_msg("accepted: %s", texts[i]);
	}
	expect_times("it took 65537 for 1", "FREQ=DAILY;INTERVAL=65537", "2025-01-01T09:00:00",
		"UTC", "2025-01-01T09:00 2204-06-09T09:00");
}

static void an_end_in_utc_is_an_instant(void **state)
{
	(void)state;
	expect_times("08:00Z is 09:00", "FREQ=DAILY;UNTIL=20250102T080000Z", "2025-01-01T09:00:00",
		"Europe/Berlin", "2025-01-01T09:00 2025-01-02T09:00 .");
	expect_times("07:59:59Z is before it", "FREQ=DAILY;UNTIL=20250102T075959Z",
		"2025-01-01T09:00:00", "Europe/Berlin", "2025-01-01T09:00 .");
}

/* Relied upon, beside what both_expanders_agree (test_expanders.c) compares. */
static void numbered_and_plain_days_are_a_union(void **state)
{
	(void)state;
	expect_times("dateutil gives nothing", "FREQ=MONTHLY;BYDAY=4TH,WE", "2025-01-01T09:00:00",
		"UTC",
		"2025-01-01T09:00 2025-01-08T09:00 2025-01-15T09:00 2025-01-22T09:00 "
		"2025-01-23T09:00");
}

static void the_start_counts_only_where_it_fits(void **state)
{
	(void)state;
	expect_times("the Wednesday is none", "FREQ=WEEKLY;BYDAY=MO;COUNT=2", "2025-01-01T09:00:00",
		"UTC", "2025-01-06T09:00 2025-01-13T09:00 .");
}

/* Its seek is quick, and says so where it has an end: recurd's own expander goes on from there. */
static void behind_its_last_year_it_says_so(void **state)
{
	struct rule *rule = parse("FREQ=DAILY");
	struct pattern pattern;
	struct ical *ical;
	sec_t found = 0;

	(void)state;
	pattern_init(&pattern, rule, wall("2025-01-01T09:00:00"));
	assert_true(ical_fits(&pattern));
	ical = ical_open(&pattern);
	assert_non_null(ical);
	assert_true(ical_seek(ical, wall("2075-06-01T10:00:00")) && ical_next(ical, &found));
	while (found < wall("2075-06-01T10:00:00"))
		assert_true(ical_next(ical, &found));
	assert_int_equal(found, wall("2075-06-02T09:00:00"));
	assert_false(ical_seek(ical, wall("9000-01-01T00:00:00")) && ical_next(ical, &found));
	ical_close(ical);
	rule_free(rule);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(week_numbers_do_not_crash),
		cmocka_unit_test(a_zone_makes_no_time_twice),
		cmocka_unit_test(weeks_with_an_interval_keep_their_phase),
		cmocka_unit_test(set_positions_are_heeded_everywhere),
		cmocka_unit_test(days_from_the_end_match_in_short_periods),
		cmocka_unit_test(lists_are_sets),
		cmocka_unit_test(short_periods_with_limits_start_right),
		cmocka_unit_test(a_day_of_the_month_yearly_is_one_of_every_month),
		cmocka_unit_test(hostile_rules_are_refused_or_bounded),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(an_end_in_utc_is_an_instant),
		cmocka_unit_test(numbered_and_plain_days_are_a_union),
		cmocka_unit_test(the_start_counts_only_where_it_fits),
		cmocka_unit_test(behind_its_last_year_it_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, close_zones);
}
