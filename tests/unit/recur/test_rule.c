/* rule: what is accepted, what is refused and with which words, and the way back to text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "recur/rule.h"
#include "util/mem.h"
#include "util/timefmt.h"

static const struct {
	const char *json, *error; /* the error's beginning */
} refused[] = {
	/* The stored form. */
	{ "{\"frequency\":\"weekly\",\"days\":[\"mon\",\"mox\"]}",
		"recurrence_rule.days[1]: expected mon...sun, got \"mox\" (did you mean "
		"\"mon\"?)" },
	{ "{\"frequency\":\"weekly\",\"days\":[\"MON\"]}", "recurrence_rule.days[0]: " },
	{ "{\"frequency\":\"weekly\",\"days\":\"mon\"}", "recurrence_rule.days: " },
	{ "{\"frequency\":\"weekly\",\"days\":[]}",
		"recurrence_rule.days: expected a list of mon ... sun, got []" },
	{ "{\"frequency\":\"weekly\",\"interval\":0}",
		"recurrence_rule.interval: expected 1 ... 2147483647, got 0" },
	{ "{\"frequency\":\"weekly\",\"interval\":-1}", "recurrence_rule.interval: " },
	{ "{\"frequency\":\"weekly\",\"interval\":1.5}", "recurrence_rule.interval: " },
	{ "{\"frequency\":\"weekly\",\"interval\":\"2\"}", "recurrence_rule.interval: " },
	{ "{\"frequency\":\"weekly\",\"interval\":4294967297}", "recurrence_rule.interval: " },
	{ "{\"frequency\":\"fortnightly\"}", "recurrence_rule.frequency: " },
	{ "{\"frequency\":\"Weekly\"}", "recurrence_rule.frequency: " },
	{ "{\"frequency\":null}", "recurrence_rule.frequency: " },
	{ "{\"interval\":1}", "recurrence_rule.frequency: is missing" },
	{ "{}", "recurrence_rule.frequency: is missing" },
	{ "{\"frequency\":\"daily\",\"end_date\":\"tomorrow\"}", "recurrence_rule.end_date: " },
	{ "{\"frequency\":\"daily\",\"end_date\":\"2025-02-30\"}", "recurrence_rule.end_date: " },
	{ "{\"frequency\":\"daily\",\"end_date\":\"2025-02-03T10:00:00Zx\"}",
		"recurrence_rule.end_date: " },
	{ "{\"frequency\":\"daily\",\"end_date\":17}", "recurrence_rule.end_date: " },
	{ "{\"frequency\":\"daily\",\"until\":\"2025-02-30\"}", "recurrence_rule.until: " },
	{ "{\"frequency\":\"daily\",\"until\":\"2025-12\"}", "recurrence_rule.until: " },
	{ "{\"frequency\":\"daily\",\"until\":\"2025-12-31T00:00:00\",\"end_date\":\"2025-12-31\"}",
		"recurrence_rule.end_date: not allowed beside until" },
	{ "{\"frequency\":\"weekly\",\"days\":[\"mon\"],\"byDay\":[{\"day\":\"mo\"}]}",
		"recurrence_rule.days: not allowed beside byDay" },
	{ "{\"frequency\":\"daily\",\"end_date\":\"2025-12-31T00:00:00Z\",\"count\":3}",
		"recurrence_rule.count: not allowed together with until" },
	/* Not JSON, not an object, not known, twice. */
	{ "", "recurrence_rule: not JSON" },
	{ "{\"frequency\":\"daily\"", "recurrence_rule: not JSON" },
	{ "{\"frequency\":\"daily\"} x", "recurrence_rule: not JSON" },
	{ "[]", "recurrence_rule: expected an object, got []" },
	{ "null", "recurrence_rule: expected an object, got null" },
	{ "{\"frequency\":\"daily\",\"frequency\":\"daily\"}", "recurrence_rule: not JSON: dupl" },
	{ "{\"frequency\":\"daily\",\"colour\":1}", "recurrence_rule: unknown key \"colour\"" },
	{ "{\"frequency\":\"daily\",\"a\\u001bb\":1}",
		"recurrence_rule: unknown key \"a\\u001Bb\"" },
	{ "{\"frequency\":\"daily\",\"rrule\":\"FREQ=DAILY\"}",
		"recurrence_rule.frequency: not allowed beside rrule" },
	/* RFC 8984. */
	{ "{\"frequency\":\"daily\",\"@type\":\"Event\"}", "recurrence_rule.@type: " },
	{ "{\"frequency\":\"daily\",\"rscale\":\"chinese\"}", "recurrence_rule.rscale: " },
	{ "{\"frequency\":\"daily\",\"skip\":\"never\"}", "recurrence_rule.skip: " },
	{ "{\"frequency\":\"daily\",\"timeZone\":\"../etc/passwd\"}",
		"recurrence_rule.timeZone: " },
	{ "{\"frequency\":\"daily\",\"timeZone\":5}", "recurrence_rule.timeZone: " },
	{ "{\"frequency\":\"daily\",\"count\":0}", "recurrence_rule.count: " },
	{ "{\"frequency\":\"daily\",\"byHour\":[24]}",
		"recurrence_rule.byHour[0]: expected 0 ... 23, got 24" },
	{ "{\"frequency\":\"daily\",\"byHour\":[]}", "recurrence_rule.byHour: " },
	{ "{\"frequency\":\"daily\",\"byHour\":[-1]}", "recurrence_rule.byHour[0]: " },
	{ "{\"frequency\":\"daily\",\"byMinute\":[60]}", "recurrence_rule.byMinute[0]: " },
	{ "{\"frequency\":\"daily\",\"bySecond\":[61]}", "recurrence_rule.bySecond[0]: " },
	{ "{\"frequency\":\"daily\",\"byMonth\":[\"13\"]}", "recurrence_rule.byMonth[0]: " },
	{ "{\"frequency\":\"daily\",\"byMonth\":[\"5L\"]}", "recurrence_rule.byMonth[0]: " },
	{ "{\"frequency\":\"monthly\",\"byMonthDay\":[1,0]}", "recurrence_rule.byMonthDay[1]: " },
	{ "{\"frequency\":\"monthly\",\"byMonthDay\":[32]}", "recurrence_rule.byMonthDay[0]: " },
	{ "{\"frequency\":\"monthly\",\"byDay\":[\"mo\"]}", "recurrence_rule.byDay[0]: " },
	{ "{\"frequency\":\"monthly\",\"byDay\":[{}]}",
		"recurrence_rule.byDay[0].day: is missing" },
	{ "{\"frequency\":\"monthly\",\"byDay\":[{\"day\":\"mo\",\"nthOfPeriod\":0}]}",
		"recurrence_rule.byDay[0].nthOfPeriod: " },
	{ "{\"frequency\":\"monthly\",\"byDay\":[{\"day\":\"mo\",\"nth\":1}]}",
		"recurrence_rule.byDay[0].nth: unknown key" },
	/* What RFC 5545 forbids. */
	{ "{\"frequency\":\"weekly\",\"byMonthDay\":[1]}",
		"recurrence_rule.byMonthDay: not allowed with frequency weekly" },
	{ "{\"frequency\":\"monthly\",\"byYearDay\":[1]}", "recurrence_rule.byYearDay: " },
	{ "{\"frequency\":\"daily\",\"byWeekNo\":[1]}", "recurrence_rule.byWeekNo: " },
	{ "{\"frequency\":\"weekly\",\"byDay\":[{\"day\":\"mo\",\"nthOfPeriod\":1}]}",
		"recurrence_rule.byDay: " },
	{ "{\"frequency\":\"yearly\",\"byWeekNo\":[1],\"byDay\":[{\"day\":\"mo\",\"nthOfPeriod\":1}"
	  "]}",
		"recurrence_rule.byDay: " },
	{ "{\"frequency\":\"monthly\",\"bySetPosition\":[1]}",
		"recurrence_rule.bySetPosition: needs" },
	/* What never comes. */
	{ "{\"frequency\":\"yearly\",\"byMonth\":[\"2\"],\"byMonthDay\":[30]}",
		"recurrence_rule: no day ever matches all of the lists: "
		"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30" },
	{ "{\"frequency\":\"monthly\",\"byMonth\":[\"4\"],\"byMonthDay\":[31]}",
		"recurrence_rule: no day ever matches" },
	{ "{\"frequency\":\"monthly\",\"byDay\":[{\"day\":\"mo\",\"nthOfPeriod\":6}]}",
		"recurrence_rule: no day ever matches" },
	{ "{\"frequency\":\"secondly\",\"byMonth\":[2],\"byMonthDay\":[30]}",
		"recurrence_rule: no day ever matches" },
	{ "{\"frequency\":\"yearly\",\"byWeekNo\":[20],\"byMonth\":[\"1\"]}",
		"recurrence_rule: no day ever matches" },
	{ "{\"frequency\":\"weekly\",\"byDay\":[{\"day\":\"mo\"}],\"bySetPosition\":[2]}",
		"recurrence_rule.bySetPosition: no set has so many occurrences: "
		"FREQ=WEEKLY;BYDAY=MO;BYSETPOS=2" },
	/* RFC 5545 text; what libical takes in silence (INTERVAL=65537 as 1 and so on). */
	{ "{\"rrule\":\"FREQ=DAILY;INTERVAL=2147483648\"}", "recurrence_rule.rrule: INTERVAL: " },
	{ "{\"rrule\":\"FREQ=DAILY;INTERVAL=0\"}", "recurrence_rule.rrule: INTERVAL: " },
	{ "{\"rrule\":\"FREQ=DAILY;INTERVAL=2x\"}",
		"recurrence_rule.rrule: INTERVAL: expected 1 ... 2147483647, got \"2x\"" },
	{ "{\"rrule\":\"FREQ=DAILY;INTERVAL=1;INTERVAL=2\"}",
		"recurrence_rule.rrule: INTERVAL: given twice" },
	{ "{\"rrule\":\"FREQ=DAILY;COUNT=4294967298\"}", "recurrence_rule.rrule: COUNT: " },
	{ "{\"rrule\":\"FREQ=DAILY;COUNT=2abc\"}", "recurrence_rule.rrule: COUNT: " },
	{ "{\"rrule\":\"FREQ=DAILY;UNTIL=20251399T999999Z\"}", "recurrence_rule.rrule: UNTIL: " },
	{ "{\"rrule\":\"FREQ=DAILY;UNTIL=20250230\"}",
		"recurrence_rule.rrule: UNTIL: expected a time like 20251231T235959Z or a date" },
	{ "{\"rrule\":\"FREQ=DAILY;UNTIL=20251231T235959Z;COUNT=2\"}",
		"recurrence_rule.rrule: COUNT: not allowed together with UNTIL" },
	{ "{\"rrule\":\"FREQ=DAILY;BYHOUR=\"}", "recurrence_rule.rrule: BYHOUR: has no value" },
	{ "{\"rrule\":\"FREQ=DAILY;BYHOUR=+9\"}", "recurrence_rule.rrule: BYHOUR: " },
	{ "{\"rrule\":\"FREQ=MONTHLY;BYDAY=257MO\"}", "recurrence_rule.rrule: BYDAY: " },
	{ "{\"rrule\":\"FREQ=MONTHLY;BYDAY=M\"}", "recurrence_rule.rrule: BYDAY: " },
	{ "{\"rrule\":\"FREQ=YEARLY;BYMONTH=13\"}",
		"recurrence_rule.rrule: BYMONTH: expected 1 ... 12" },
	{ "{\"rrule\":\"FREQ=YEARLY;SKIP=FORWARD\"}", "recurrence_rule.rrule: SKIP: " },
	{ "{\"rrule\":\"FREQ=YEARLY;X=1\"}", "recurrence_rule.rrule: unknown part \"X=1\"" },
	{ "{\"rrule\":\"FREQ\"}", "recurrence_rule.rrule: FREQ: has no value" },
	{ "{\"rrule\":\"COUNT=1\"}", "recurrence_rule.rrule: FREQ is missing" },
	{ "{\"rrule\":\"\"}", "recurrence_rule.rrule: there is no RRULE line" },
	{ "{\"rrule\":\"FREQ=DAILY;BYHOUR=,\"}", "recurrence_rule.rrule: BYHOUR: " },
	{ "{\"rrule\":5}", "recurrence_rule.rrule: " },
	{ "{\"rrule\":\"FREQ=DAILY;BYWEEKNO=3\"}",
		"recurrence_rule.rrule: BYWEEKNO: not allowed with frequency daily" },
	{ "{\"rrule\":\"FREQ=MONTHLY;BYDAY=6MO\"}", "recurrence_rule.rrule: no day ever matches" },
	/* Lines of iCalendar. */
	{ "{\"rrule\":\"DTSTART:20250101T090000\"}", "recurrence_rule.rrule: there is no RRULE" },
	{ "{\"rrule\":\"RRULE:FREQ=DAILY\\nRRULE:FREQ=DAILY\"}",
		"recurrence_rule.rrule: RRULE: given twice" },
	{ "{\"rrule\":\"DTSTART;VALUE=DATE:20250101T090000\\nRRULE:FREQ=DAILY\"}",
		"recurrence_rule.rrule: DTSTART: expected a date with a time" },
	{ "{\"rrule\":\"RDATE;VALUE=PERIOD:20250101T090000/PT1H\\nRRULE:FREQ=DAILY\"}",
		"recurrence_rule.rrule: RDATE: parameter" },
	{ "{\"rrule\":\"EXRULE:FREQ=DAILY\\nRRULE:FREQ=DAILY\"}",
		"recurrence_rule.rrule: EXRULE: a rule of exceptions has no place here" },
	{ "{\"rrule\":\"RRULE:FREQ=DAILY\\nSUMMARY\"}",
		"recurrence_rule.rrule: a line without a colon: \"SUMMARY\"" },
	{ "{\"rrule\":\"DTSTART;TZID=Europe/Berlin:20250101T090000\\nRRULE:FREQ=DAILY\","
	  "\"timeZone\":\"Europe/Paris\"}",
		"recurrence_rule.timeZone: expected the zone that the text names" },
	{ "{\"rrule\":\"DTSTART;TZID=../../etc/passwd:20250101T090000\\nRRULE:FREQ=DAILY\"}",
		"recurrence_rule.rrule: TZID: " },
	/* cron. */
	{ "{\"cron\":\"60 9 * * *\"}",
		"recurrence_rule.cron: minute: cannot read \"60\", expected 0 ... 59" },
	{ "{\"cron\":\"0 9 0 * *\"}", "recurrence_rule.cron: day of the month: " },
	{ "{\"cron\":\"0 9 * 13 *\"}", "recurrence_rule.cron: month: " },
	{ "{\"cron\":\"0 9 * * 8\"}", "recurrence_rule.cron: day of the week: " },
	{ "{\"cron\":\"0 9 * * fri#6\"}", "recurrence_rule.cron: day of the week: " },
	{ "{\"cron\":\"*/0 9 * * *\"}", "recurrence_rule.cron: minute: " },
	{ "{\"cron\":\"0 9 30 2 *\"}", "recurrence_rule.cron: no day ever matches" },
	{ "{\"cron\":\"0 9 * * *\",\"rrule\":\"FREQ=DAILY\"}",
		"recurrence_rule.cron: not allowed beside rrule" },
	{ "{\"cron\":\"0 9 * * *\",\"interval\":2}",
		"recurrence_rule.interval: not allowed beside cron" },
	/* Overrides. */
	{ "{\"frequency\":\"daily\",\"recurrenceOverrides\":[]}",
		"recurrence_rule.recurrenceOverrides: " },
	{ "{\"frequency\":\"daily\",\"recurrenceOverrides\":{\"2025-01-01\":{}}}",
		"recurrence_rule.recurrenceOverrides[2025-01-01]: a date alone can only be "
		"exclud" },
	{ "{\"frequency\":\"daily\",\"recurrenceOverrides\":{\"2025-02-30\":{\"excluded\":true}}}",
		"recurrence_rule.recurrenceOverrides[2025-02-30]: expected a key like "
		"2025-12-31T" },
	{ "{\"frequency\":\"daily\",\"recurrenceOverrides\":{\"2025-01-01T09:00:00\":{\"x\":1}}}",
		"recurrence_rule.recurrenceOverrides[2025-01-01T09:00:00].x: unknown key" },
	{ "{\"frequency\":\"daily\",\"recurrenceOverrides\":{\"2025-01-01T09:00:00\":{\"priority\":"
	  "\"top\"}}}",
		"recurrence_rule.recurrenceOverrides[2025-01-01T09:00:00].priority: " },
	{ "{\"frequency\":\"daily\",\"recurrenceOverrides\":{\"2025-01-01T09:00:00\":"
	  "{\"excluded\":true,\"title\":\"x\"}}}",
		"recurrence_rule.recurrenceOverrides[2025-01-01T09:00:00]: excluded" },
	{ "{\"frequency\":\"daily\",\"recurrenceOverrides\":{\"2025-01-01T09:00:00\":{},"
	  "\"2025-01-01T09:00:00.0\":{}}}",
		"recurrence_rule.recurrenceOverrides: the same time twice" },
};

static void wrong_rules_are_refused_by_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		struct rule *rule = NULL;
		struct err err = { .text = "" };

		if (rule_parse(refused[i].json, strlen(refused[i].json), &rule, &err))
			fail_msg("accepted: %s", refused[i].json);
		if (strncmp(err.text, refused[i].error, strlen(refused[i].error)) != 0)
			fail_msg("%s\nexpected: %s\ngot:      %s", refused[i].json,
				refused[i].error, err.text);
		assert_null(rule);
	}
}

static void size_and_depth_are_bounded(void **state)
{
	size_t len = RULE_BYTES_MAX + 1;
	char *text CLEANUP(mem_cleanup) = mem_alloc(len + 1);
	struct rule *rule = NULL;
	struct err err;

	(void)state;
	memset(text, '[', len);
	assert_false(rule_parse(text, len, &rule, &err));
	assert_non_null(strstr(err.text, "at most 65536"));
	assert_false(rule_parse(text, len - 1, &rule, &err));
	assert_non_null(strstr(err.text, "not JSON"));
}

static struct rule *parse(const char *json)
{
	struct rule *rule = NULL;
	struct err err;

	if (!rule_parse(json, strlen(json), &rule, &err))
		fail_msg("%s: %s", json, err.text);
	return rule;
}

/* What comes out is canonical, and means the same when it is read again, in both forms. */
static void rules_go_round(void **state)
{
	static const struct {
		const char *json, *canonical, *rrule;
	} cases[] = {
		{ "{\"frequency\":\"weekly\",\"interval\":1,\"days\":[\"fri\",\"mon\",\"wed\","
		  "\"mon\"],"
		  "\"end_date\":\"2025-12-31T23:59:59Z\"}",
			"{\"frequency\":\"weekly\",\"byDay\":[{\"day\":\"mo\"},{\"day\":\"we\"},"
			"{\"day\":\"fr\"}],\"until\":\"2025-12-31T23:59:59Z\"}",
			"FREQ=WEEKLY;BYDAY=MO,WE,FR;UNTIL=20251231T235959Z" },
		{ "{\"frequency\":\"daily\",\"end_date\":\"2025-12-31\",\"interval\":null,\"days\":"
		  "null}",
			"{\"frequency\":\"daily\",\"until\":\"2025-12-31T23:59:59\"}",
			"FREQ=DAILY;UNTIL=20251231T235959" },
		{ "{\"frequency\":\"daily\",\"end_date\":\"2025-12-31T23:59:59.999+01:00\"}",
			"{\"frequency\":\"daily\",\"until\":\"2025-12-31T22:59:59Z\"}",
			"FREQ=DAILY;UNTIL=20251231T225959Z" },
		{ "{\"rrule\":\"RRULE:freq=monthly;bysetpos=-1,1;wkst=SU;byday=FR,-2MO,1MO;"
		  "interval=3\"}",
			"{\"frequency\":\"monthly\",\"interval\":3,\"byDay\":[{\"day\":\"mo\","
			"\"nthOfPeriod\":1},{\"day\":\"mo\",\"nthOfPeriod\":-2},{\"day\":\"fr\"}],"
			"\"bySetPosition\":[1,-1],\"firstDayOfWeek\":\"su\"}",
			"FREQ=MONTHLY;INTERVAL=3;BYDAY=1MO,-2MO,FR;BYSETPOS=1,-1;WKST=SU" },
		{ "{\"rrule\":\"FREQ=YEARLY;BYMONTH=3,1;BYMONTHDAY=31,-1;BYHOUR=9;BYMINUTE=0;"
		  "BYSECOND=60;"
		  "COUNT=5\"}",
			"{\"frequency\":\"yearly\",\"byMonth\":[\"1\",\"3\"],\"byMonthDay\":[31,-1]"
			","
			"\"byHour\":[9],\"byMinute\":[0],\"bySecond\":[59],\"count\":5}",
			"FREQ=YEARLY;BYMONTH=1,3;BYMONTHDAY=31,-1;BYHOUR=9;BYMINUTE=0;BYSECOND=59;"
			"COUNT=5" },
		{ "{\"frequency\":\"monthly\",\"byMonthDay\":[31],\"skip\":\"backward\",\"rscale\":"
		  "\"gregorian\",\"@type\":\"RecurrenceRule\"}",
			"{\"frequency\":\"monthly\",\"byMonthDay\":[31],\"skip\":\"backward\"}",
			"FREQ=MONTHLY;BYMONTHDAY=31;RSCALE=GREGORIAN;SKIP=BACKWARD" },
	};
	struct strbuf buf CLEANUP(strbuf_free);

	(void)state;
	strbuf_init(&buf, RULE_BYTES_MAX);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct rule *rule = parse(cases[i].json);
		char *again CLEANUP(mem_cleanup) = mem_printf("{\"rrule\":\"%s\"}", cases[i].rrule);

		strbuf_reset(&buf);
		rule_to_json(rule, &buf);
		assert_string_equal(buf.data, cases[i].canonical);
		strbuf_reset(&buf);
		rule_to_rrule(rule, &buf);
		assert_string_equal(buf.data, cases[i].rrule);
		rule_free(rule);

		rule = parse(cases[i].canonical);
		strbuf_reset(&buf);
		rule_to_rrule(rule, &buf);
		assert_string_equal(buf.data, cases[i].rrule);
		rule_free(rule);

		rule = parse(again);
		strbuf_reset(&buf);
		rule_to_json(rule, &buf);
		assert_string_equal(buf.data, cases[i].canonical);
		rule_free(rule);
	}
}

static void other_forms_become_rules(void **state)
{
	static const struct {
		const char *json, *canonical;
	} cases[] = {
		{ "{\"cron\":\"30 8 * * *\"}", "{\"frequency\":\"daily\",\"byHour\":[8],"
					       "\"byMinute\":[30],\"bySecond\":[0]}" },
		{ "{\"cron\":\" */20  9-17/4 * JAN,jul Mon-tue,7 \"}",
			"{\"frequency\":\"weekly\",\"byDay\":[{\"day\":\"mo\"},{\"day\":\"tu\"},"
			"{\"day\":\"su\"}],\"byMonth\":[\"1\",\"7\"],\"byHour\":[9,13,17],"
			"\"byMinute\":[0,20,40],\"bySecond\":[0]}" },
		{ "{\"cron\":\"0 0 L-2,15 * *\"}",
			"{\"frequency\":\"monthly\",\"byMonthDay\":[15,-3],\"byHour\":[0],"
			"\"byMinute\":[0],\"bySecond\":[0]}" },
		{ "{\"cron\":\"0 0 * * 5L,mon#1\"}",
			"{\"frequency\":\"monthly\",\"byDay\":[{\"day\":\"mo\",\"nthOfPeriod\":1},"
			"{\"day\":\"fr\",\"nthOfPeriod\":-1}],\"byHour\":[0],\"byMinute\":[0],"
			"\"bySecond\":[0]}" },
		{ "{\"cron\":\"5 * 1 * *\"}",
			"{\"frequency\":\"hourly\",\"byMonthDay\":[1],\"byMinute\":[5],"
			"\"bySecond\":[0]}" },
		{ "{\"cron\":\"* * *,L * *,fri#2\"}",
			"{\"frequency\":\"minutely\",\"bySecond\":[0]}" },
		{ "{\"rrule\":\"DTSTART;TZID=\\\"Europe/Berlin\\\":20250101T090000\\r\\n"
		  "RRULE:FREQ=DAI\\r\\n LY\\r\\nEXDATE:20250102T080000Z\\n"
		  "RDATE;VALUE=DATE-TIME:20250102T120000,20250103T090000\\n"
		  "EXDATE;TZID=Europe/Berlin:20250103T090000\"}",
			"{\"frequency\":\"daily\",\"timeZone\":\"Europe/"
			"Berlin\",\"recurrenceOverrides\":{"
			"\"2025-01-02T12:00:00\":{},\"2025-01-03T09:00:00\":{\"excluded\":true},"
			"\"2025-01-02T08:00:00Z\":{\"excluded\":true}}}" },
	};
	struct strbuf buf CLEANUP(strbuf_free);

	(void)state;
	strbuf_init(&buf, RULE_BYTES_MAX);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct rule *rule = parse(cases[i].json);

		strbuf_reset(&buf);
		rule_to_json(rule, &buf);
		assert_string_equal(buf.data, cases[i].canonical);
		rule_free(rule);
	}
}

static void a_start_may_come_with_the_text(void **state)
{
	struct rule *rule = parse("{\"rrule\":\"DTSTART:20250101T090000Z\\nRRULE:FREQ=DAILY\"}");
	sec_t start = 0, expected = 0;

	(void)state;
	assert_true(wall_parse("2025-01-01T09:00:00", &expected, NULL));
	assert_true(rule_start(rule, &start));
	assert_int_equal(start, expected);
	assert_string_equal(rule_time_zone(rule), "UTC");
	rule_free(rule);
	rule = parse("{\"rrule\":\"FREQ=DAILY\"}");
	assert_false(rule_start(rule, &start));
	assert_null(rule_time_zone(rule));
	rule_free(rule);
}

static void rules_are_told_in_english(void **state)
{
	static const struct {
		const char *json, *sentence;
	} cases[] = {
		{ "{\"frequency\":\"monthly\",\"byDay\":[{\"day\":\"fr\",\"nthOfPeriod\":-1}],"
		  "\"timeZone\":\"Europe/Berlin\",\"count\":12}",
			"every month on the last Friday at 09:00, Europe/Berlin, 12 times" },
		{ "{\"frequency\":\"weekly\",\"days\":[\"mon\",\"wed\",\"fri\"]}",
			"every week on Monday, Wednesday and Friday at 09:00" },
		{ "{\"frequency\":\"daily\"}", "every day at 09:00" },
		{ "{\"frequency\":\"monthly\"}", "every month on the 31st at 09:00" },
		{ "{\"frequency\":\"yearly\",\"interval\":2}",
			"every 2 years on 31 January at 09:00" },
		{ "{\"frequency\":\"monthly\",\"byMonthDay\":[-1]}",
			"every month on the last day at 09:00" },
		{ "{\"frequency\":\"minutely\",\"interval\":15}", "every 15 minutes" },
		{ "{\"cron\":\"*/15 * * * *\"}", "every hour at minutes 0, 15, 30 and 45" },
		{ "{\"rrule\":\"FREQ=MINUTELY;INTERVAL=30;BYHOUR=9,10,11,12,16;BYDAY=MO,TU,WE,TH,"
		  "FR\"}",
			"every 30 minutes on Monday to Friday in hours 9 to 12 and 16" },
		{ "{\"rrule\":\"FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7;BYMINUTE=30\"}",
			"every day at minute 30 in hours 0 to 7" },
		{ "{\"rrule\":\"FREQ=MONTHLY;BYDAY=MO,1WE,FR\"}",
			"every month on every Monday, the first Wednesday and every Friday at "
			"09:00" },
		{ "{\"rrule\":\"FREQ=YEARLY;BYWEEKNO=20,-1;BYYEARDAY=1\"}",
			"every year on day 1 of the year in weeks 20 and -1 at 09:00" },
		{ "{\"rrule\":\"FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1\"}",
			"every month on the last weekday (Monday to Friday) at 09:00" },
		{ "{\"rrule\":\"FREQ=YEARLY;BYMONTHDAY=1\"}",
			"every year on the 1st of every month at 09:00" },
		{ "{\"rrule\":\"FREQ=MONTHLY;BYMONTHDAY=1,5,6,7,-1\"}",
			"every month on the 1st, 5th to 7th and last day at 09:00" },
		{ "{\"rrule\":\"FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13,20\"}",
			"every month on every Friday if it is the 13th or 20th at 09:00" },
		{ "{\"frequency\":\"daily\",\"byHour\":[9,17],\"byMinute\":[30]}",
			"every day at 09:30 and 17:30" },
	};
	struct strbuf buf CLEANUP(strbuf_free);
	sec_t start = 0;

	(void)state;
	strbuf_init(&buf, RULE_BYTES_MAX);
	assert_true(wall_parse("2025-01-31T09:00:00", &start, NULL));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct rule *rule = parse(cases[i].json);

		strbuf_reset(&buf);
		rule_describe(rule, start, &buf);
		assert_string_equal(buf.data, cases[i].sentence);
		rule_free(rule);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_rules_are_refused_by_name),
		cmocka_unit_test(size_and_depth_are_bounded),
		cmocka_unit_test(rules_go_round),
		cmocka_unit_test(other_forms_become_rules),
		cmocka_unit_test(a_start_may_come_with_the_text),
		cmocka_unit_test(rules_are_told_in_english),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
