/* rule_dates: dates as calendars export them.  What an EXDATE means was once taken for a local time of the
 * rule whatever its own zone was, and dates without a time were refused although what they mean is known. */
#include "recur/opened.h"

#include <stdlib.h>
#include <sys/resource.h>

static const struct {
	const char *what, *rule, *zone, *expected;
} cases[] = {
	{ "an exception in another zone than the start's",
		"DTSTART:20180323T170000Z\\nRRULE:FREQ=WEEKLY;COUNT=4\\n"
		"EXDATE;TZID=America/New_York:20180406T130000",
		"UTC", "2018-03-23T17:00 2018-03-30T17:00 2018-04-13T17:00 ." },
	{ "which names nothing of the rule an hour beside it",
		"DTSTART:20180323T170000Z\\nRRULE:FREQ=WEEKLY;COUNT=3\\n"
		"EXDATE;TZID=America/New_York:20180406T120000",
		"UTC", "2018-03-23T17:00 2018-03-30T17:00 2018-04-06T17:00 ." },
	{ "by an alias of the zone",
		"DTSTART;TZID=Europe/Kyiv:20250101T090000\\nRRULE:FREQ=DAILY;COUNT=3\\n"
		"EXDATE;TZID=Europe/Kiev:20250102T090000",
		"Europe/Kyiv", "2025-01-01T09:00 2025-01-03T09:00 ." },
	{ "an additional one in another zone",
		"DTSTART;TZID=Europe/Berlin:20250101T090000\\nRRULE:FREQ=DAILY;COUNT=2\\n"
		"RDATE;TZID=Asia/Tokyo:20250101T200000",
		"Europe/Berlin", "2025-01-01T09:00 2025-01-01T12:00 2025-01-02T09:00 ." },
	{ "one and the same in two zones: the exception wins",
		"DTSTART;TZID=Europe/Berlin:20250101T090000\\nRRULE:FREQ=DAILY;COUNT=2\\n"
		"RDATE;TZID=Asia/Tokyo:20250101T200000\\nEXDATE;TZID=UTC:20250101T110000",
		"Europe/Berlin", "2025-01-01T09:00 2025-01-02T09:00 ." },
	{ "a time that its own clock skips stands behind the gap",
		"DTSTART:20260307T073000Z\\nRRULE:FREQ=DAILY;COUNT=3\\n"
		"EXDATE;TZID=America/New_York:20260308T023000",
		"UTC", "2026-03-07T07:30 2026-03-09T07:30 ." },
	{ "the lines' zone, where nothing else names one",
		"RRULE:FREQ=DAILY;COUNT=2\\nEXDATE;TZID=Europe/Kiev:20250102T090000\\n"
		"EXDATE;TZID=Europe/Kyiv:20250104T090000",
		"Europe/Kiev", "2025-01-01T09:00 ." },
	{ "until a date: through all of it",
		"DTSTART;TZID=America/New_York:20231014T233000\\nRRULE:FREQ=DAILY;UNTIL=20231016",
		"America/New_York", "2023-10-14T23:30 2023-10-15T23:30 2023-10-16T23:30 ." },
	{ "and no second more", "DTSTART:20231014T000000Z\\nRRULE:FREQ=DAILY;UNTIL=20231015", "UTC",
		"2023-10-14T00:00 2023-10-15T00:00 ." },
	{ "an exception by date leaves out all that falls on it",
		"DTSTART;TZID=Europe/Berlin:20231008T000000\\nRRULE:FREQ=DAILY;BYHOUR=0,23;COUNT=6"
		"\\nEXDATE;VALUE=DATE:20231009",
		"Europe/Berlin",
		"2023-10-08T00:00 2023-10-08T23:00 2023-10-10T00:00 2023-10-10T23:00 ." },
	{ "with its parameter or without, several, and among times",
		"DTSTART;TZID=Europe/Berlin:20231008T090000\\nRRULE:FREQ=DAILY;COUNT=6\\n"
		"EXDATE:20231009,20231011T090000,20231012",
		"Europe/Berlin", "2023-10-08T09:00 2023-10-10T09:00 2023-10-13T09:00 ." },
	{ "whatever else is said of that day",
		"DTSTART;TZID=Europe/Berlin:20231008T090000\\nRRULE:FREQ=DAILY;COUNT=3\\n"
		"EXDATE;VALUE=DATE:20231009\\nRDATE:20231009T120000",
		"Europe/Berlin", "2023-10-08T09:00 2023-10-10T09:00 ." },
	{ "the date on which it falls is that behind a gap",
		"DTSTART;TZID=Pacific/Apia:20111229T120000\\nRRULE:FREQ=DAILY;COUNT=3\\n"
		"EXDATE;VALUE=DATE:20111230",
		"Pacific/Apia", "2011-12-29T12:00 2011-12-31T12:00 2012-01-01T12:00 ." },
	{ "and this leaves it out",
		"DTSTART;TZID=Pacific/Apia:20111229T120000\\nRRULE:FREQ=DAILY;COUNT=3\\n"
		"EXDATE;VALUE=DATE:20111231",
		"Pacific/Apia", "2011-12-29T12:00 2012-01-01T12:00 ." },
	{ "a date has no zone of its own",
		"DTSTART;TZID=Asia/Tokyo:20231008T010000\\nRRULE:FREQ=DAILY;COUNT=2\\n"
		"EXDATE;VALUE=DATE;TZID=America/New_York:20231009",
		"Asia/Tokyo", "2023-10-08T01:00 ." },
};

static void dates_mean_what_calendars_mean(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct rule *rule = parse(cases[i].rule);
		char start[INSTANT_TEXT_MAX];
		sec_t from = wall("2025-01-01T09:00:00");

		(void)rule_start(rule, &from);
		assert_string_equal(rule_time_zone(rule), cases[i].zone);
		expect_times(cases[i].what, cases[i].rule, wall_format(from, start), cases[i].zone,
			cases[i].expected);
		rule_free(rule);
	}
}

static void beside_the_text_a_zone_may_be_named(void **state)
{
	static const struct {
		const char *json, *zone;
		bool agrees;
	} rules[] = {
		{ "\"RRULE:FREQ=DAILY\\nEXDATE;TZID=America/New_York:20250101T090000\"",
			"Europe/Berlin", true },
		{ "\"DTSTART;TZID=Europe/Kiev:20250101T090000\\nRRULE:FREQ=DAILY\"", "Europe/Kyiv",
			true },
		{ "\"DTSTART;TZID=Europe/Paris:20250101T090000\\nRRULE:FREQ=DAILY\"", "Europe/Kyiv",
			false },
		{ "\"DTSTART;TZID=Europe/Paris:20250101T090000\\nRRULE:FREQ=DAILY\"", "Mars/Base",
			false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		char *json CLEANUP(mem_cleanup) = mem_printf(
			"{\"rrule\":%s,\"timeZone\":\"%s\"}", rules[i].json, rules[i].zone);
		struct rule *rule = NULL;
		struct err err = { .text = "" };

		if (rule_parse(json, strlen(json), &rule, &err) != rules[i].agrees)
			fail_msg("%s: %s", json, err.text);
		if (rule)
			assert_string_equal(rule_time_zone(rule), rules[i].zone);
		else
			assert_non_null(strstr(err.text, "recurrence_rule.timeZone: "));
		rule_free(rule);
	}
}

static void what_was_understood_is_shown(void **state)
{
	static const struct {
		const char *rule, *canonical;
	} rules[] = {
		{ "DTSTART:20231008T090000Z\\nRRULE:FREQ=DAILY;UNTIL=20231016\\n"
		  "EXDATE;VALUE=DATE:20231009,20231012\\n"
		  "EXDATE;TZID=America/New_York:20231010T050000",
			"{\"frequency\":\"daily\",\"until\":\"2023-10-16T23:59:59\",\"timeZone\":"
			"\"UTC\",\"recurrenceOverrides\":{\"2023-10-10T09:00:00Z\":{\"excluded\":"
			"true},\"2023-10-09\":{\"excluded\":true},\"2023-10-12\":{\"excluded\":"
			"true}}}" },
		{ "{\"frequency\":\"daily\",\"until\":\"2023-10-16\"}",
			"{\"frequency\":\"daily\",\"until\":\"2023-10-16T23:59:59\"}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		const char *text = rules[i].rule;
		/* And once more of what comes out. */
		for (int again = 0; again < 2; again++, text = rules[i].canonical) {
			struct strbuf json CLEANUP(strbuf_free) = STRBUF(RULE_BYTES_MAX);
			struct rule *rule = parse(text);

			rule_to_json(rule, &json);
			assert_string_equal(json.data, rules[i].canonical);
			rule_free(rule);
		}
	}
}

/* And so it is as lines, which mean the same when they are read again. */
static void dates_stay_dates_in_lines(void **state)
{
	struct rule *rule = parse(
		"DTSTART;TZID=Europe/Berlin:20231008T090000\\nRRULE:FREQ=DAILY;UNTIL=20231016\\n"
		"EXDATE:20231009\\nEXDATE;TZID=America/New_York:20231010T030000");
	struct strbuf lines CLEANUP(strbuf_free) = STRBUF(RULE_BYTES_MAX);

	(void)state;
	rule_to_lines(rule, &lines);
	assert_string_equal(lines.data, "DTSTART;TZID=Europe/Berlin:20231008T090000\n"
					"RRULE:FREQ=DAILY;UNTIL=20231016T235959\n"
					"EXDATE:20231010T070000Z\nEXDATE;VALUE=DATE:20231009");
	rule_free(rule);
}

/* What the message says to write instead, after "write " and before a blank. */
static char *mend_of(const char *message)
{
	const char *mend = strstr(message, "write ");

	if (!mend)
		return NULL;
	mend += strlen("write ");
	return mem_strndup(mend, strcspn(mend, " "));
}

/* A line that no time can be told from is refused with a line to write instead, which works. */
static void what_is_told_to_write_works(void **state)
{
	static const struct {
		const char *line, *others, *told;
	} lines[] = {
		{ "DTSTART;VALUE=DATE:20231009", "RRULE:FREQ=DAILY;UNTIL=20231016",
			"DTSTART: 20231009 is a date without a time, and a task falls due at one" },
		{ "DTSTART:20231009", "RRULE:FREQ=DAILY", "DTSTART: 20231009 is a date" },
		{ "DTSTART;TZID=Europe/Berlin;VALUE=DATE:20231009", "RRULE:FREQ=DAILY",
			"DTSTART;TZID=Europe/Berlin:20231009T090000" },
		{ "RDATE;VALUE=DATE:20231009", "RRULE:FREQ=DAILY", "RDATE: 20231009 is a date" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		char *json CLEANUP(mem_cleanup) = mem_printf(
			"{\"rrule\":\"%s\\n%s\"}", lines[i].line, lines[i].others);
		struct rule *rule = NULL;
		struct err err = { .text = "" };

		assert_false(rule_parse(json, strlen(json), &rule, &err));
		if (!strstr(err.text, lines[i].told))
			fail_msg("%s: %s", lines[i].line, err.text);
		char *mend CLEANUP(mem_cleanup) = mend_of(err.text);
		assert_non_null(mend);
		char *mended CLEANUP(mem_cleanup) = mem_printf("%s\\n%s", mend, lines[i].others);
		rule_free(parse(mended));
	}
}

static void what_could_mean_two_things_is_refused(void **state)
{
	static const struct {
		const char *lines, *told;
	} texts[] = {
		{ "DTSTART;TZID=Europe/Berlin:20250101T090000Z\\nRRULE:FREQ=DAILY",
			"recurrence_rule.rrule: DTSTART: 20250101T090000Z has a Z, which is UTC, "
			"beside TZID=Europe/Berlin: leave out one of them" },
		{ "RRULE:FREQ=DAILY\\nEXDATE;TZID=Europe/Berlin:20250101T090000Z",
			"recurrence_rule.rrule: EXDATE: 20250101T090000Z has a Z" },
		{ "RRULE:FREQ=DAILY\\nEXDATE;TZID=Europe/Berlin:20250101T090000\\n"
		  "RDATE;TZID=Asia/Tokyo:20250101T090000",
			"recurrence_rule.rrule: TZID: dates in Europe/Berlin and in Asia/Tokyo, "
			"and nothing says the rule's own zone: name it as \"timeZone\" or in "
			"DTSTART" },
		{ "DTSTART:20250101T090000Z\\nRRULE:FREQ=DAILY\\nEXDATE;TZID=Mars/Base:"
		  "20250101T090000",
			"recurrence_rule.rrule: TZID: unknown time zone \"Mars/Base\"" },
		{ "RRULE:FREQ=DAILY\\nEXDATE;VALUE=DATE:20250101T090000",
			"recurrence_rule.rrule: EXDATE: expected a date like 20251231" },
		{ "RRULE:FREQ=DAILY\\nEXDATE:20250230",
			"recurrence_rule.rrule: EXDATE: expected a date with a time" },
		{ "DTSTART:20250101T090000Z\\nRRULE:FREQ=DAILY\\nRDATE;TZID=America/New_York:"
		  "99991231T230000",
			"recurrence_rule.rrule: TZID: a date in America/New_York in the year "
			"10000" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		char *json CLEANUP(mem_cleanup) = mem_printf("{\"rrule\":\"%s\"}", texts[i].lines);
		struct rule *rule = NULL;
		struct err err = { .text = "" };

		assert_false(rule_parse(json, strlen(json), &rule, &err));
		if (strncmp(err.text, texts[i].told, strlen(texts[i].told)) != 0)
			fail_msg("%s\nexpected: %s\ngot:      %s", texts[i].lines, texts[i].told,
				err.text);
		assert_null(rule);
	}
}

/* What is left out by its date is told as such to those who ask for it, and uses up COUNT. */
static void whole_days_are_excluded_ones(void **state)
{
	struct rule *rule = parse("DTSTART:20250101T090000Z\\nRRULE:FREQ=DAILY;COUNT=3\\n"
				  "EXDATE;VALUE=DATE:20250102");
	struct recurrence *recurrence = open_rule(
		rule, "2025-01-01T09:00:00", "UTC", RECUR_EXCLUDED | RECUR_BY_TIME);
	struct occurrence occurrence;

	(void)state;
	assert_true(rule_has_overrides(rule) && rule_only_excludes(rule));
	for (int day = 1; day <= 3; day++) {
		assert_int_equal(next(recurrence, &occurrence), RECUR_FOUND);
		assert_int_equal(occurrence.excluded, day == 2);
	}
	assert_int_equal(next(recurrence, &occurrence), RECUR_END);
	recurrence_close(recurrence);
	rule_free(rule);
}

/* A zone's file that cannot be read just now is no fault of the rule: nothing is refused for good. */
static void trouble_with_a_file_passes(void **state)
{
	static const char *const rules[] = {
		"{\"rrule\":\"DTSTART:20250101T090000Z\\nRRULE:FREQ=DAILY\\nEXDATE;TZID=Asia/"
		"Tokyo:20250101T090000\"}",
		"{\"rrule\":\"DTSTART;TZID=Europe/Kiev:20250101T090000\\nRRULE:FREQ=DAILY\","
		"\"timeZone\":\"Europe/Kyiv\"}",
	};
	struct rlimit before, none;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		struct rule *rule = NULL;
		struct err err = { .text = "" };

		zones_close();
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
		assert_false(rule_parse(rules[i], strlen(rules[i]), &rule, &err));
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
		assert_true(err.passing);
		assert_true(rule_parse(rules[i], strlen(rules[i]), &rule, &err));
		rule_free(rule);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates_mean_what_calendars_mean),
		cmocka_unit_test(beside_the_text_a_zone_may_be_named),
		cmocka_unit_test(what_was_understood_is_shown),
		cmocka_unit_test(dates_stay_dates_in_lines),
		cmocka_unit_test(what_is_told_to_write_works),
		cmocka_unit_test(what_could_mean_two_things_is_refused),
		cmocka_unit_test(whole_days_are_excluded_ones),
		cmocka_unit_test(trouble_with_a_file_passes),
	};

	return cmocka_run_group_tests(tests, NULL, close_zones);
}
