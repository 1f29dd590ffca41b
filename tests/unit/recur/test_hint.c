/* hint: rules in the words of other libraries; each is refused, and the error says how it is called here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "recur/rule.h"
#include "util/macros.h"

struct refused {
	const char *json, *error;
};

static void check(const struct refused *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct rule *rule = NULL;
		struct err err;
		if (rule_parse(cases[i].json, strlen(cases[i].json), &rule, &err))
			fail_msg("accepted: %s", cases[i].json);
		if (!strstr(err.text, cases[i].error))
			fail_msg("%s\nexpected: %s\ngot:      %s", cases[i].json, cases[i].error,
				err.text);
	}
}

#define UNKNOWN(key, meant)                                                     \
	{                                                                       \
		"{\"frequency\":\"daily\",\"" key "\":1}",                      \
			"unknown key \"" key "\" (did you mean \"" meant "\"?)" \
	}

static void keys_of_others_are_told_in_ours(void **state)
{
	static const struct refused cases[] = {
		{ "{\"freq\":\"weekly\"}",
			"recurrence_rule: unknown key \"freq\" (did you mean \"frequency\"?)" },
		UNKNOWN("FREQ", "frequency"),
		UNKNOWN("repeat", "frequency"),
		UNKNOWN("interval_count", "interval"),
		UNKNOWN("INTERVAL", "interval"),
		UNKNOWN("every", "interval"),
		UNKNOWN("COUNT", "count"),
		UNKNOWN("UNTIL", "until"),
		UNKNOWN("endDate", "end_date"),
		UNKNOWN("BYDAY", "byDay"),
		UNKNOWN("byday", "byDay"),
		UNKNOWN("byweekday", "byDay"),
		UNKNOWN("daysOfWeek", "days"),
		UNKNOWN("bymonthday", "byMonthDay"),
		UNKNOWN("BYMONTH", "byMonth"),
		UNKNOWN("BYWEEKNO", "byWeekNo"),
		UNKNOWN("byyearday", "byYearDay"),
		UNKNOWN("bysetpos", "bySetPosition"),
		UNKNOWN("byhour", "byHour"),
		UNKNOWN("WKST", "firstDayOfWeek"),
		UNKNOWN("timezone", "timeZone"),
		UNKNOWN("tzid", "timeZone"),
		UNKNOWN("exdate", "recurrenceOverrides"),
		UNKNOWN("frequncy", "frequency"),
		{ "{\"RRULE\":\"FREQ=DAILY\"}", "(did you mean \"rrule\"?)" },
		{ "{\"crontab\":\"0 9 * * *\"}", "(did you mean \"cron\"?)" },
		{ "{\"frequency\":\"daily\",\"dtstart\":\"2025-01-01\"}",
			"\"dtstart\"; the start is no part of a rule: it is next_due_at" },
		{ "{\"frequency\":\"monthly\",\"byDay\":[{\"day\":\"mo\",\"nth\":1}]}",
			"byDay[0].nth: unknown key (did you mean \"nthOfPeriod\"?)" },
		{ "{\"frequency\":\"weekly\",\"byDay\":[{\"weekday\":\"mo\"}]}",
			"(did you mean \"day\"?)" },
		{ "{\"frequency\":\"daily\",\"recurrenceOverrides\":"
		  "{\"2025-01-01T09:00:00\":{\"cancelled\":true}}}",
			".cancelled: unknown key (did you mean \"excluded\"?)" },
	};
	(void)state;
	check(cases, ARRAY_LEN(cases));
}

static void values_of_others_are_told_in_ours(void **state)
{
	static const struct refused cases[] = {
		{ "{\"frequency\":\"WEEKLY\"}",
			"or secondly, got \"WEEKLY\" (did you mean \"weekly\"?)" },
		{ "{\"frequency\":\"Weekly\"}", "(did you mean \"weekly\"?)" },
		{ "{\"frequency\":\"week\"}", "(did you mean \"weekly\"?)" },
		{ "{\"frequency\":\"weeks\"}", "(did you mean \"weekly\"?)" },
		{ "{\"frequency\":\"day\"}", "(did you mean \"daily\"?)" },
		{ "{\"frequency\":\"months\"}", "(did you mean \"monthly\"?)" },
		{ "{\"frequency\":\"Biweekly\"}", "(did you mean \"weekly\" with interval 2?)" },
		{ "{\"frequency\":\"quarterly\"}", "(did you mean \"monthly\" with interval 3?)" },
		{ "{\"frequency\":\"annually\"}", "(did you mean \"yearly\"?)" },
		{ "{\"frequency\":\"weekly\",\"days\":[\"Monday\"]}", "(did you mean \"mon\"?)" },
		{ "{\"frequency\":\"weekly\",\"days\":[\"TH\"]}", "(did you mean \"thu\"?)" },
		{ "{\"frequency\":\"weekly\",\"byDay\":[{\"day\":\"MO\"}]}",
			"(did you mean \"mo\"?)" },
		{ "{\"frequency\":\"weekly\",\"byDay\":[{\"day\":\"thursday\"}]}",
			"(did you mean \"th\"?)" },
		{ "{\"frequency\":\"weekly\",\"firstDayOfWeek\":\"sunday\"}",
			"(did you mean \"su\"?)" },
		{ "{\"frequency\":\"weekly\",\"rscale\":\"GREGORIAN\"}",
			"(did you mean \"gregorian\"?)" },
		{ "{'frequency':'weekly'}", "keys and texts stand in double quotes" },
		{ "\"FREQ=WEEK\"", "got \"WEEK\" (did you mean \"weekly\"?)" },
		{ "\"FREQ=WEEKLY;BYWEEKDAY=MO\"", "(did you mean \"BYDAY\"?)" },
		{ "\"FREQ=WEEKLY;INTERVALL=2\"", "(did you mean \"INTERVAL\"?)" },
		{ "\"RULE:FREQ=WEEKLY\"", "unknown line \"RULE\" (did you mean \"RRULE\"?)" },
	};
	(void)state;
	check(cases, ARRAY_LEN(cases));
}

/* A hint that is none would send somebody astray. */
static void what_is_near_to_nothing_has_no_hint(void **state)
{
	static const char *const cases[] = { "{\"frequency\":\"daily\",\"colour\":1}",
		"{\"frequency\":\"sometimes\"}", "{\"frequency\":7}",
		"{\"frequency\":\"daily\",\"\":1}",
		"{\"frequency\":\"weekly\",\"days\":[\"never\"]}" };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct rule *rule = NULL;
		struct err err;
		assert_false(rule_parse(cases[i], strlen(cases[i]), &rule, &err));
		if (strstr(err.text, "did you mean"))
			fail_msg("%s", err.text);
		assert_false(rule_parse(cases[i], strlen(cases[i]), &rule, NULL));
	}
}

static void whole_events_are_sent_to_convert(void **state)
{
	static const struct refused cases[] = {
		{ "\"BEGIN:VEVENT\\nRRULE:FREQ=DAILY\\nEND:VEVENT\"",
			"unknown line \"BEGIN\", expected RRULE, DTSTART, RDATE and EXDATE; "
			"recurctl convert makes rules of whole events" },
		{ "{\"rrule\":\"BEGIN:VCALENDAR\\nVERSION:2.0\"}", "recurctl convert" },
		{ "{\"rrule\":\"DTSTART:20250101T090000Z\\nDTEND:20250101T100000Z\\n"
		  "RRULE:FREQ=DAILY\"}",
			"unknown line \"DTEND\", expected" },
		{ "\"UID:1\\nRRULE:FREQ=DAILY\"", "recurctl convert" },
	};
	(void)state;
	check(cases, ARRAY_LEN(cases));
}

#define RRULE "recurrence_rule.rrule: "
#define CRON  "recurrence_rule.cron: "

/* As people paste it who come from other libraries: what their bug reports are about. */
static void what_stands_in_the_wrong_place_is_told_where_it_belongs(void **state)
{
	static const struct refused cases[] = {
		{ "{\"rrule\":\"FREQ=WEEKLY;BYDAY=SU;EXDATE=20191229T000000Z\"}",
			RRULE "\"EXDATE=20191229T000000Z\" is no part of a rule; it stands on a "
			      "line of its own, as in EXDATE:20250101T090000Z" },
		{ "{\"rrule\":\"FREQ=DAILY;DTSTART=20250101T090000Z\"}",
			"it stands on a line of its own, as in DTSTART:20250101T090000Z" },
		{ "{\"rrule\":\"DTSTART=20250101T090000Z;FREQ=DAILY\"}", "as in DTSTART:2025" },
		{ "{\"rrule\":\"FREQ=DAILY;RDATE=20250101T090000Z\"}", "as in RDATE:2025" },
		{ "{\"rrule\":\"FREQ=DAILY;TZID=Europe/Berlin\"}",
			"it stands in its line, DTSTART;TZID=Europe/Berlin:20250101T090000, or "
			"timeZone" },
		{ "{\"rrule\":\"RRULE FREQ=DAILY\"}", "before a colon, RRULE:FREQ=DAILY" },
		{ "{\"rrule\":\"rrule=FREQ=DAILY\"}", "before a colon, RRULE:FREQ=DAILY" },
		{ "{\"rrule\":\"DTSTART:20250101T090000Z RRULE:FREQ=DAILY\"}",
			"expected a date with a time, and RRULE on a line of its own" },
		{ "{\"rrule\":\"DTSTART:20250101T090000Z;RRULE:FREQ=DAILY\"}",
			"expected a date with a time, and RRULE on a line of its own" },
		{ "{\"rrule\":\"RRULE:FREQ=DAILY\\nEXRULE:FREQ=WEEKLY\"}",
			RRULE "EXRULE: a rule of exceptions has no place here; write them as "
			      "EXDATE" },
		{ "{\"rrule\":\"FREQ=WEEKLY;BYDAY=MO-FR\"}",
			"BYDAY: expected days one by one, as in MO,TU,WE,TH,FR, got \"MO-FR\"" },
		{ "{\"rrule\":\"FREQ=WEEKLY;BYDAY=MON,WED\"}", "as in MO or -1FR, got \"MON\"" },
		{ "{\"rrule\":\"FREQ=MONTHLY;BYDAY=MO(1)\"}", "as in MO or -1FR, got \"MO(1)\"" },
		{ "{\"rrule\":\"FREQ=MONTHLY;BYDAY=MO+1\"}", "as in MO or -1FR, got \"MO+1\"" },
		{ "{\"rrule\":\"FREQ=MONTHLY;SKIP=BACKWARD;BYMONTHDAY=31\"}",
			"allowed only with RSCALE=GREGORIAN beside it" },
		{ "{\"cron\":\"cron(0 9 * * ? *)\"}",
			CRON "\"cron(...\": of cron(...) write the first five fields alone" },
		{ "{\"cron\":\"rate(5 minutes)\"}", "{\"frequency\":\"minutely\",\"interval\":5}" },
		{ "{\"cron\":\"'0 9 * * *'\"}", "write the fields without quotes" },
		{ "{\"cron\":\"daily\"}",
			CRON "expected cron's five fields as in 30 9 * * mon-fri, "
			     "an RRULE as in FREQ=DAILY, or JSON" },
		{ "\"every monday\"", "an RRULE as in FREQ=DAILY, or JSON" },
		{ "\"biweekly\"", "an RRULE as in FREQ=DAILY, or JSON" },
	};
	(void)state;
	check(cases, ARRAY_LEN(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_of_others_are_told_in_ours),
		cmocka_unit_test(values_of_others_are_told_in_ours),
		cmocka_unit_test(what_is_near_to_nothing_has_no_hint),
		cmocka_unit_test(whole_events_are_sent_to_convert),
		cmocka_unit_test(what_stands_in_the_wrong_place_is_told_where_it_belongs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
