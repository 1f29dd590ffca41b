/* recurrence: from the anchor in wall time, so that nothing drifts; gaps, COUNT, UNTIL, overrides,
 * budgets.  Random rules are compared with other expanders in tests/integration. */
#include "recur/opened.h"

#define SHOWN_MAX 12

static const struct {
	const char *what, *rule, *start, *zone, *expected;
} cases[] = {
	{ "the 31st: months without one are left out", "FREQ=MONTHLY", "2025-01-31T09:00:00",
		"Europe/Berlin",
		"2025-01-31T09:00 2025-03-31T09:00 2025-05-31T09:00 2025-07-31T09:00 "
		"2025-08-31T09:00" },
	{ "29 February comes in leap years", "FREQ=YEARLY", "2024-02-29T09:00:00", "Europe/Berlin",
		"2024-02-29T09:00 2028-02-29T09:00 2032-02-29T09:00" },
	{ "and in no other century than the fourth", "FREQ=YEARLY;INTERVAL=4",
		"2096-02-29T09:00:00", "UTC", "2096-02-29T09:00 2104-02-29T09:00" },
	{ "02:30 is shifted in the gap, and back the day after", "FREQ=DAILY",
		"2025-03-08T02:30:00", "America/New_York",
		"2025-03-08T02:30 2025-03-09T03:30 2025-03-10T02:30" },
	{ "01:30 comes once on the night when it exists twice", "FREQ=DAILY", "2025-11-01T01:30:00",
		"America/New_York", "2025-11-01T01:30 2025-11-02T01:30 2025-11-03T01:30" },
	{ "two times that a gap makes one are one", "FREQ=DAILY;BYHOUR=2,3", "2025-03-09T02:30:00",
		"America/New_York", "2025-03-09T03:30 2025-03-10T02:30 2025-03-10T03:30" },
	{ "and count as one: these are three hours", "FREQ=HOURLY;COUNT=3", "2017-03-26T01:30:00",
		"Europe/Vienna", "2017-03-26T01:30 2017-03-26T03:30 2017-03-26T04:30 ." },
	{ "and these six", "FREQ=DAILY;BYHOUR=2,3;COUNT=6", "2026-03-07T02:00:00",
		"America/New_York",
		"2026-03-07T02:00 2026-03-07T03:00 2026-03-08T03:00 2026-03-09T02:00 "
		"2026-03-09T03:00 2026-03-10T02:00 ." },
	{ "a day that never was is one with the day after, and counts once", "FREQ=DAILY;COUNT=3",
		"2011-12-29T12:00:00", "Pacific/Apia",
		"2011-12-29T12:00 2011-12-31T12:00 2012-01-01T12:00 ." },
	{ "what a gap shifts falls in line", "FREQ=MINUTELY;INTERVAL=25", "2025-03-09T01:40:00",
		"America/New_York",
		"2025-03-09T01:40 2025-03-09T03:05 2025-03-09T03:20 2025-03-09T03:30 "
		"2025-03-09T03:45 "
		"2025-03-09T03:55 2025-03-09T04:10" },
	{ "a day that never was", "FREQ=DAILY", "2011-12-29T12:00:00", "Pacific/Apia",
		"2011-12-29T12:00 2011-12-31T12:00 2012-01-01T12:00" },
	{ "the start counts only where it fits", "FREQ=WEEKLY;BYDAY=MO;COUNT=2",
		"2025-01-01T09:00:00", "UTC", "2025-01-06T09:00 2025-01-13T09:00 ." },
	{ "weeks keep their phase when the day lies before the start's",
		"FREQ=WEEKLY;INTERVAL=10;BYDAY=SU", "2011-12-01T09:00:00", "UTC",
		"2011-12-04T09:00 2012-02-12T09:00" },
	{ "the week's start decides the phase",
		"FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU;COUNT=4", "1997-08-05T09:00:00", "UTC",
		"1997-08-05T09:00 1997-08-17T09:00 1997-08-19T09:00 1997-08-31T09:00 ." },
	{ "the last working day", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
		"2025-01-01T09:00:00", "UTC",
		"2025-01-31T09:00 2025-02-28T09:00 2025-03-31T09:00" },
	{ "set positions count times, not days", "FREQ=MONTHLY;BYDAY=MO;BYHOUR=9,17;BYSETPOS=2,-1",
		"2025-01-01T09:00:00", "UTC",
		"2025-01-06T17:00 2025-01-27T17:00 2025-02-03T17:00" },
	{ "set positions of weeks", "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=2", "2025-01-01T09:00:00",
		"UTC", "2025-01-01T09:00 2025-01-08T09:00 2025-01-15T09:00" },
	{ "set positions of days", "FREQ=DAILY;BYHOUR=9,12,17;BYSETPOS=-1", "2025-01-01T09:00:00",
		"UTC", "2025-01-01T17:00 2025-01-02T17:00" },
	{ "the last day, daily", "FREQ=DAILY;BYMONTHDAY=-1", "2025-01-01T09:00:00", "UTC",
		"2025-01-31T09:00 2025-02-28T09:00 2025-03-31T09:00" },
	{ "minutes of working hours", "FREQ=MINUTELY;INTERVAL=30;BYHOUR=9,10",
		"2025-01-01T08:30:00", "UTC",
		"2025-01-01T09:00 2025-01-01T09:30 2025-01-01T10:00 2025-01-01T10:30 "
		"2025-01-02T09:00" },
	{ "hours step over what BYHOUR leaves out", "FREQ=HOURLY;INTERVAL=5;BYHOUR=10,11",
		"2025-01-01T00:00:00", "UTC",
		"2025-01-01T10:00 2025-01-02T11:00 2025-01-06T10:00" },
	{ "YEARLY with BYMONTHDAY takes all months", "FREQ=YEARLY;BYMONTHDAY=15",
		"2025-11-01T09:00:00", "UTC",
		"2025-11-15T09:00 2025-12-15T09:00 2026-01-15T09:00" },
	{ "a week number takes the start's weekday", "FREQ=YEARLY;BYWEEKNO=20",
		"2024-06-15T09:00:00", "UTC", "2025-05-17T09:00 2026-05-16T09:00" },
	{ "week 53 where there is one", "FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO", "2015-01-01T09:00:00",
		"UTC", "2015-12-28T09:00 2020-12-28T09:00 2026-12-28T09:00" },
	{ "Friday the 13th", "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "2025-01-01T09:00:00", "UTC",
		"2025-06-13T09:00 2026-02-13T09:00 2026-03-13T09:00" },
	{ "numbered and plain days stand side by side", "FREQ=MONTHLY;BYDAY=4TH,WE",
		"2025-01-01T09:00:00", "UTC",
		"2025-01-01T09:00 2025-01-08T09:00 2025-01-15T09:00 2025-01-22T09:00 "
		"2025-01-23T09:00" },
	{ "lists may be unsorted and repeat themselves", "FREQ=DAILY;BYHOUR=17,9,17",
		"2025-01-01T09:00:00", "UTC",
		"2025-01-01T09:00 2025-01-01T17:00 2025-01-02T09:00" },
	{ "what never comes from here ends at once", "FREQ=DAILY;INTERVAL=7;BYDAY=MO",
		"2025-01-01T09:00:00", "UTC", "." },
	{ "minutes that no step reaches", "FREQ=SECONDLY;INTERVAL=60;BYSECOND=5",
		"2025-01-01T09:00:00", "UTC", "." },
	{ "months that no step reaches", "FREQ=MONTHLY;INTERVAL=4;BYMONTH=2", "2025-01-01T09:00:00",
		"UTC", "." },
	{ "every tenth month", "FREQ=MONTHLY;INTERVAL=10;BYMONTH=2,3", "2025-01-01T09:00:00", "UTC",
		"2029-03-01T09:00 2034-03-01T09:00" },
	{ "an April that would need a 31st", "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31",
		"2025-04-01T09:00:00", "UTC", "." },
	{ "hours that come round to other weekdays only",
		"FREQ=HOURLY;INTERVAL=56;BYHOUR=9;BYDAY=MO", "2025-01-01T09:00:00", "UTC", "." },
	{ "and to this one", "FREQ=HOURLY;INTERVAL=56;BYHOUR=1;BYDAY=MO,TU", "2025-01-01T09:00:00",
		"UTC", "2025-01-06T01:00 2025-01-13T01:00" },
	{ "February has no 31st", "FREQ=YEARLY;BYMONTH=2", "2025-01-31T09:00:00", "UTC", "." },
	{ "skip omit (RFC 7529)", "FREQ=MONTHLY;RSCALE=GREGORIAN;SKIP=OMIT;COUNT=4",
		"2014-01-31T09:00:00", "UTC",
		"2014-01-31T09:00 2014-03-31T09:00 2014-05-31T09:00 2014-07-31T09:00 ." },
	{ "skip omit of a birthday (RFC 7529)", "FREQ=YEARLY;RSCALE=GREGORIAN;SKIP=OMIT",
		"2012-02-29T09:00:00", "UTC",
		"2012-02-29T09:00 2016-02-29T09:00 2020-02-29T09:00" },
	{ "skip backward (RFC 7529)", "FREQ=MONTHLY;RSCALE=GREGORIAN;SKIP=BACKWARD;COUNT=4",
		"2014-01-31T09:00:00", "UTC",
		"2014-01-31T09:00 2014-02-28T09:00 2014-03-31T09:00 2014-04-30T09:00 ." },
	{ "skip forward (RFC 7529)", "FREQ=MONTHLY;RSCALE=GREGORIAN;SKIP=FORWARD;COUNT=4",
		"2014-01-31T09:00:00", "UTC",
		"2014-01-31T09:00 2014-03-01T09:00 2014-03-31T09:00 2014-05-01T09:00 ." },
	{ "skip backward of a birthday (RFC 7529)", "FREQ=YEARLY;RSCALE=GREGORIAN;SKIP=BACKWARD",
		"2012-02-29T09:00:00", "UTC",
		"2012-02-29T09:00 2013-02-28T09:00 2014-02-28T09:00" },
	{ "skip forward of a birthday (RFC 7529)", "FREQ=YEARLY;RSCALE=GREGORIAN;SKIP=FORWARD",
		"2012-02-29T09:00:00", "UTC",
		"2012-02-29T09:00 2013-03-01T09:00 2014-03-01T09:00" },
	{ "skip forward onto a day of the rule: once",
		"FREQ=MONTHLY;BYMONTHDAY=1,31;RSCALE=GREGORIAN;SKIP=FORWARD", "2025-02-01T09:00:00",
		"UTC",
		"2025-02-01T09:00 2025-03-01T09:00 2025-03-31T09:00 2025-04-01T09:00 "
		"2025-05-01T09:00" },
	{ "a wall-clock end takes its second in", "FREQ=DAILY;UNTIL=20250102T090000",
		"2025-01-01T09:00:00", "Europe/Berlin", "2025-01-01T09:00 2025-01-02T09:00 ." },
	{ "an instant as the end is no wall time", "FREQ=DAILY;UNTIL=20250102T080000Z",
		"2025-01-01T09:00:00", "Europe/Berlin", "2025-01-01T09:00 2025-01-02T09:00 ." },
	{ "and a second earlier it is before the occurrence", "FREQ=DAILY;UNTIL=20250102T075959Z",
		"2025-01-01T09:00:00", "Europe/Berlin", "2025-01-01T09:00 ." },
	{ "a date alone is the whole day", "{\"frequency\":\"daily\",\"end_date\":\"2025-01-02\"}",
		"2025-01-01T23:00:00", "America/New_York", "2025-01-01T23:00 2025-01-02T23:00 ." },
	{ "days from the year's end, hourly", "FREQ=HOURLY;BYYEARDAY=-1;BYHOUR=9",
		"2025-01-01T09:00:00", "UTC", "2025-12-31T09:00 2026-12-31T09:00" },
	{ "intervals do not wrap", "FREQ=DAILY;INTERVAL=65537", "2025-01-01T09:00:00", "UTC",
		"2025-01-01T09:00 2204-06-09T09:00" },
	{ "the last week, whichever number it has", "FREQ=YEARLY;BYWEEKNO=-1;BYDAY=MO",
		"2024-01-01T09:00:00", "UTC",
		"2024-12-23T09:00 2025-12-22T09:00 2026-12-28T09:00" },
	{ "week 1 may begin in the old year", "FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO",
		"2024-01-02T09:00:00", "UTC",
		"2024-12-30T09:00 2025-12-29T09:00 2027-01-04T09:00" },
	{ "the end of time", "FREQ=DAILY", "9999-12-30T09:00:00", "UTC",
		"9999-12-30T09:00 9999-12-31T09:00 ." },
	{ "which comes earlier in the west", "FREQ=HOURLY;INTERVAL=6", "9999-12-31T12:00:00",
		"America/New_York", "9999-12-31T12:00 9999-12-31T18:00 ." },
	{ "beyond the year in which libical ends", "FREQ=YEARLY;INTERVAL=100",
		"2025-01-01T09:00:00", "UTC",
		"2025-01-01T09:00 2125-01-01T09:00 2225-01-01T09:00 2325-01-01T09:00 "
		"2425-01-01T09:00 "
		"2525-01-01T09:00 2625-01-01T09:00 2725-01-01T09:00" },
	{ "overrides leave out, move, add",
		"{\"frequency\":\"daily\",\"count\":4,\"recurrenceOverrides\":{"
		"\"2025-01-02T09:00:00\":{\"excluded\":true},"
		"\"2025-01-03T09:00:00\":{\"start\":\"2025-01-04T12:00:00\"},"
		"\"2025-01-01T20:00:00\":{}}}",
		"2025-01-01T09:00:00", "Europe/Berlin",
		"2025-01-01T09:00 2025-01-01T20:00 2025-01-04T09:00 2025-01-04T12:00 ." },
	{ "an override that is for what occurs adds nothing",
		"{\"frequency\":\"daily\",\"count\":4,\"recurrenceOverrides\":{"
		"\"2025-01-01T10:00:00\":{\"title\":\"x\",\"ifOccurs\":true},"
		"\"2025-01-02T09:00:00\":{\"title\":\"x\",\"ifOccurs\":true},"
		"\"2025-01-03T10:00:00\":{\"start\":\"2025-01-03T12:00:00\",\"ifOccurs\":true},"
		"\"2025-01-04T09:00:00\":{\"start\":\"2025-01-04T12:00:00\",\"ifOccurs\":true}}}",
		"2025-01-01T09:00:00", "Europe/Berlin",
		"2025-01-01T09:00 2025-01-02T09:00 2025-01-03T09:00 2025-01-04T12:00 ." },
	{ "nor beyond the end of the rule",
		"{\"frequency\":\"daily\",\"until\":\"2025-01-02T09:00:00\","
		"\"recurrenceOverrides\":{"
		"\"2025-01-02T09:00:00\":{\"start\":\"2025-01-02T07:00:00\",\"ifOccurs\":true},"
		"\"2025-01-03T09:00:00\":{\"start\":\"2025-01-02T12:00:00\",\"ifOccurs\":true}}}",
		"2025-01-01T09:00:00", "Europe/Berlin", "2025-01-01T09:00 2025-01-02T07:00 ." },
	{ "what occurs where the clock leaps is found",
		"{\"frequency\":\"daily\",\"recurrenceOverrides\":{"
		"\"2025-03-30T03:30:00\":{\"start\":\"2025-03-30T12:00:00\",\"ifOccurs\":true},"
		"\"2025-03-31T03:30:00\":{\"start\":\"2025-03-31T12:00:00\",\"ifOccurs\":true}}}",
		"2025-03-29T02:30:00", "Europe/Berlin",
		"2025-03-29T02:30 2025-03-30T12:00 2025-03-31T02:30 2025-04-01T02:30 "
		"2025-04-02T02:30 "
		"2025-04-03T02:30 2025-04-04T02:30 2025-04-05T02:30" },
	{ "what the text adds is there, whatever else is said of it",
		"{\"rrule\":\"RRULE:FREQ=DAILY;COUNT=2\\nRDATE:20250103T120000Z\",\"timeZone\":"
		"\"UTC\","
		"\"recurrenceOverrides\":{\"2025-01-03T12:00:00\":{\"title\":\"x\",\"ifOccurs\":"
		"true}}}",
		"2025-01-01T09:00:00", "UTC",
		"2025-01-01T09:00 2025-01-02T09:00 2025-01-03T12:00 ." },
	{ "an end beside the text is the end",
		"{\"rrule\":\"RRULE:FREQ=DAILY;COUNT=9\\nRDATE:20250101T120000Z,20250103T120000Z\","
		"\"timeZone\":\"UTC\",\"until\":\"2025-01-03T08:59:59Z\"}",
		"2025-01-01T09:00:00", "UTC",
		"2025-01-01T09:00 2025-01-01T12:00 2025-01-02T09:00 ." },
	{ "of cron, too", "{\"cron\":\"0 9 * * *\",\"until\":\"2025-01-02T09:00:00\"}",
		"2025-01-01T09:00:00", "UTC", "2025-01-01T09:00 2025-01-02T09:00 ." },
	{ "of two overrides of one occurrence the excluding one",
		"{\"frequency\":\"daily\",\"count\":2,\"recurrenceOverrides\":{"
		"\"2025-01-01T08:00:00Z\":{\"excluded\":true},"
		"\"2025-01-01T09:00:00\":{\"start\":\"2025-01-01T12:00:00\"}}}",
		"2025-01-01T09:00:00", "Europe/Berlin", "2025-01-02T09:00 ." },
	{ "an override on the start alone",
		"{\"frequency\":\"daily\",\"count\":1,\"recurrenceOverrides\":{"
		"\"2025-01-01T09:00:00\":{\"excluded\":true}}}",
		"2025-01-01T09:00:00", "Europe/Berlin", "." },
};

static void occurrences_are_right(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		expect_times(cases[i].what, cases[i].rule, cases[i].start, cases[i].zone,
			cases[i].expected);
}

/* Seeking to anywhere gives what walking there gives. */
static void seeking_is_walking(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct rule *rule = parse(cases[i].rule);
		struct recurrence *walker = open_rule(rule, cases[i].start, cases[i].zone, 0);
		struct recurrence *seeker = open_rule(rule, cases[i].start, cases[i].zone, 0);
		struct occurrence walked, sought;

		for (int n = 0; n < SHOWN_MAX && next(walker, &walked) == RECUR_FOUND; n++) {
			recurrence_seek(seeker, walked.nominal - 1);
			assert_int_equal(next(seeker, &sought), RECUR_FOUND);
			if (sought.nominal != walked.nominal || sought.wall != walked.wall)
				fail_msg("%s (%s)", cases[i].what, cases[i].rule);
			recurrence_seek(seeker, walked.nominal);
			if (next(seeker, &sought) == RECUR_FOUND)
				assert_true(sought.nominal > walked.nominal);
		}
		recurrence_close(walker);
		recurrence_close(seeker);
		rule_free(rule);
	}
}

static void gaps_and_folds_are_told(void **state)
{
	struct rule *rule = parse("FREQ=DAILY");
	struct recurrence *recurrence = open_rule(
		rule, "2025-03-09T02:30:00", "America/New_York", 0);
	struct occurrence occurrence;

	(void)state;
	assert_int_equal(next(recurrence, &occurrence), RECUR_FOUND);
	assert_int_equal(occurrence.fit, ZONE_GAP);
	assert_int_equal(occurrence.wall, wall("2025-03-09T02:30:00"));
	recurrence_close(recurrence);
	recurrence = open_rule(rule, "2025-11-02T01:30:00", "America/New_York", 0);
	assert_int_equal(next(recurrence, &occurrence), RECUR_FOUND);
	assert_int_equal(occurrence.fit, ZONE_FOLD);
	recurrence_close(recurrence);
	rule_free(rule);
}

/* In the order of identities, as the daemon asks: a moved occurrence keeps its place and its name. */
static void overrides_keep_identities(void **state)
{
	struct rule *rule = parse("{\"frequency\":\"daily\",\"recurrenceOverrides\":{"
				  "\"2025-01-02T09:00:00\":{\"start\":\"2025-01-05T12:00:00\","
				  "\"title\":\"later\",\"priority\":\"high\"},"
				  "\"2025-01-03T09:00:00\":{\"excluded\":true}}}");
	struct recurrence *recurrence = open_rule(
		rule, "2025-01-01T09:00:00", "UTC", RECUR_EXCLUDED);
	struct occurrence occurrence;

	(void)state;
	assert_int_equal(next(recurrence, &occurrence), RECUR_FOUND);
	assert_null(occurrence.title);
	assert_int_equal(next(recurrence, &occurrence), RECUR_FOUND);
	assert_int_equal(occurrence.nominal, wall("2025-01-02T09:00:00"));
	assert_int_equal(occurrence.at, wall("2025-01-05T12:00:00"));
	assert_string_equal(occurrence.title, "later");
	assert_string_equal(occurrence.priority, "high");
	assert_null(occurrence.description);
	assert_int_equal(next(recurrence, &occurrence), RECUR_FOUND);
	assert_int_equal(occurrence.nominal, wall("2025-01-03T09:00:00"));
	assert_true(occurrence.excluded);
	assert_int_equal(next(recurrence, &occurrence), RECUR_FOUND);
	assert_int_equal(occurrence.nominal, wall("2025-01-04T09:00:00"));
	assert_false(occurrence.excluded);
	recurrence_close(recurrence);
	rule_free(rule);
}

static void until_has_two_meanings(void **state)
{
	struct rule *rule = parse("FREQ=DAILY;UNTIL=20250309T023000");
	struct recurrence *recurrence = open_rule(
		rule, "2025-03-01T02:30:00", "America/New_York", 0);

	(void)state;
	/* The end itself lies in a gap: what is shifted out of it belongs. */
	assert_true(recurrence_within_until(recurrence, wall("2025-03-09T07:30:00")));
	assert_false(recurrence_within_until(recurrence, wall("2025-03-09T07:30:01")));
	recurrence_close(recurrence);
	rule_free(rule);
}

static void what_is_too_frequent_is_told(void **state)
{
	struct rule *rule = parse("{\"frequency\":\"minutely\",\"bySecond\":[0,30,50]}");
	struct recurrence *recurrence = open_rule(rule, "2025-01-01T09:00:00", "UTC", 0);
	struct err err;

	(void)state;
	assert_false(recurrence_check_interval(recurrence, 120, &err));
	assert_string_equal(err.text, "recurrence_rule.bySecond: occurrences 10 s apart, at least "
				      "120 s (min_interval) are required");
	recurrence_close(recurrence);
	rule_free(rule);
}

static void frequent_rules_are_refused_by_min_interval(void **state)
{
	static const struct {
		const char *rule;
		sec_t min_interval;
		bool accepted;
	} rules[] = {
		{ "FREQ=SECONDLY", 60, false },
		{ "FREQ=SECONDLY;INTERVAL=60", 60, true },
		{ "FREQ=MINUTELY", 60, true },
		{ "FREQ=MINUTELY", 61, false },
		{ "FREQ=MINUTELY;BYSECOND=0,30", 60, false },
		{ "FREQ=SECONDLY;BYSECOND=7", 60, true },
		{ "FREQ=SECONDLY;BYSECOND=0,59", 60, false },
		{ "FREQ=SECONDLY;BYSECOND=0;BYMINUTE=58,3", 300, true },
		{ "FREQ=SECONDLY;BYSECOND=0;BYMINUTE=58,3", 301, false },
		{ "FREQ=MINUTELY;BYHOUR=9", 61, false },
		{ "FREQ=MINUTELY;BYHOUR=9;BYMINUTE=30", 86400, true },
		{ "FREQ=MINUTELY;BYMINUTE=30;BYSECOND=0,10", 11, false },
		{ "FREQ=HOURLY;BYHOUR=22,1", 10800, true },
		{ "FREQ=HOURLY;BYHOUR=22,1", 10801, false },
		{ "FREQ=HOURLY;BYMINUTE=0,1", 60, true },
		{ "FREQ=HOURLY;BYMINUTE=0,1", 90, false },
		{ "FREQ=HOURLY;BYMINUTE=0,59", 61, false },
		{ "FREQ=DAILY;BYHOUR=9;BYMINUTE=0;BYSECOND=0,59", 60, false },
		{ "FREQ=DAILY;BYHOUR=0,23;BYMINUTE=0", 3601, false },
		{ "FREQ=DAILY;BYHOUR=9,17;BYSETPOS=1", 86400, true },
		{ "FREQ=DAILY", 86400, true },
		{ "FREQ=DAILY", 86401, false },
		{ "FREQ=DAILY;INTERVAL=2", 172800, true },
		{ "FREQ=WEEKLY", 604800, true },
		{ "FREQ=MONTHLY", 28 * 86400, true },
		/* Positions may keep apart what is close together; this was refused as 7 s apart. */
		{ "FREQ=MONTHLY;BYDAY=FR;BYSECOND=17,32,39;BYSETPOS=1,5", 86000, true },
		{ "FREQ=MONTHLY;BYDAY=FR;BYSECOND=17,32,39;BYSETPOS=1,3", 22, true },
		{ "FREQ=MONTHLY;BYDAY=FR;BYSECOND=17,32,39;BYSETPOS=1,3", 23, false },
		{ "FREQ=MONTHLY;BYDAY=FR;BYSECOND=17,32,39;BYSETPOS=1,-1", 86400, false },
		{ "FREQ=YEARLY;BYDAY=MO;BYHOUR=9;BYMINUTE=0,30;BYSETPOS=-1,-2", 1800, true },
		{ "FREQ=YEARLY;BYDAY=MO;BYHOUR=9;BYMINUTE=0,30;BYSETPOS=-1,-2", 1801, false },
		{ "FREQ=WEEKLY;BYDAY=MO,TU;BYHOUR=0,23;BYSETPOS=2,3", 3600, true },
		{ "FREQ=WEEKLY;BYDAY=MO,TU;BYHOUR=0,23;BYSETPOS=2,3", 3601, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		struct rule *rule = parse(rules[i].rule);
		struct recurrence *recurrence = open_rule(rule, "2025-01-01T09:00:00", "UTC", 0);
		struct err err = { .text = "" };

		if (recurrence_check_interval(recurrence, rules[i].min_interval, &err) !=
			rules[i].accepted)
			fail_msg("%s with %d: %s", rules[i].rule, (int)rules[i].min_interval,
				err.text);
		recurrence_close(recurrence);
		rule_free(rule);
	}
}

/* Rules that libical, or a naive search, spends seconds to minutes on. */
static void no_call_takes_long(void **state)
{
	static const char *const rules[] = {
		"FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29",
		"FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31",
		"FREQ=YEARLY;BYMONTH=11",
		"FREQ=YEARLY;BYWEEKNO=52,-1;BYSETPOS=34,-6",
		"FREQ=DAILY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO",
		"FREQ=SECONDLY;INTERVAL=86399;BYMONTH=2;BYMONTHDAY=29;BYHOUR=3;BYMINUTE=7;BYSECOND="
		"1",
		"FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO",
		"FREQ=MINUTELY;INTERVAL=1439;BYDAY=SU;BYMONTHDAY=31;BYMONTH=12;BYHOUR=23;BYMINUTE="
		"59",
		"FREQ=HOURLY;INTERVAL=8784;BYYEARDAY=-366",
		"FREQ=YEARLY;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23;"
		"BYDAY=MO,TU,WE,TH,FR,SA,SU;BYMINUTE=0,10,20,30,40,50;BYSETPOS=-366",
		"FREQ=YEARLY;INTERVAL=2147483647",
		"FREQ=DAILY;INTERVAL=2147483647",
		"FREQ=SECONDLY;INTERVAL=2147483647",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		struct rule *rule = parse(rules[i]);
		struct recurrence *recurrence = open_rule(
			rule, "2023-01-31T09:00:30", "America/New_York", 0);
		enum recur_status status = RECUR_FOUND;
		int64_t longest = 0;

		for (int n = 0; n < 3000 && (status == RECUR_FOUND || status == RECUR_AGAIN); n++) {
			struct occurrence occurrence;
			int64_t before = cpu_us();

			status = recurrence_next(recurrence, &occurrence, NULL);
			before = cpu_us() - before;
			longest = before > longest ? before : longest;
		}
		if (longest > SHORT_US)
			fail_msg("%s: a call took %lld us", rules[i], (long long)longest);
		recurrence_close(recurrence);
		rule_free(rule);
	}
}

/* Each of them was once looked for among all that were there. */
static void a_text_full_of_dates_is_read_in_time(void **state)
{
	struct strbuf json CLEANUP(strbuf_free) = STRBUF(RULE_BYTES_MAX);
	struct recurrence *recurrence;
	struct occurrence occurrence;
	struct rule *rule = NULL;
	int64_t before;

	(void)state;
	strbuf_add_text(&json, "{\"rrule\":\"RRULE:FREQ=DAILY\\nEXDATE:20250101T090000");
	for (int year = 2028; year >= 2025; year--)
		for (int day = 12 * 28; day-- > 0;)
			strbuf_addf(&json, ",%d%02d%02dT090000", year, day / 28 + 1, day % 28 + 1);
	strbuf_add_text(&json, "\\nRDATE:20250102T090000,20250102T100000\"}");
	before = cpu_us();
	assert_true(rule_parse(json.data, json.len, &rule, NULL));
	recurrence = open_rule(rule, "2025-01-01T09:00:00", "UTC", 0);
	assert_int_equal(next(recurrence, &occurrence), RECUR_FOUND);
	assert_true(cpu_us() - before < SHORT_US);
	/* An EXDATE wins over an RDATE of its time. */
	assert_int_equal(occurrence.at, wall("2025-01-02T10:00:00"));
	assert_int_equal(next(recurrence, &occurrence), RECUR_FOUND);
	assert_int_equal(occurrence.at, wall("2025-01-29T09:00:00"));
	recurrence_close(recurrence);
	rule_free(rule);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(occurrences_are_right),
		cmocka_unit_test(seeking_is_walking),
		cmocka_unit_test(gaps_and_folds_are_told),
		cmocka_unit_test(overrides_keep_identities),
		cmocka_unit_test(until_has_two_meanings),
		cmocka_unit_test(what_is_too_frequent_is_told),
		cmocka_unit_test(frequent_rules_are_refused_by_min_interval),
		cmocka_unit_test(no_call_takes_long),
		cmocka_unit_test(a_text_full_of_dates_is_read_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, close_zones);
}
