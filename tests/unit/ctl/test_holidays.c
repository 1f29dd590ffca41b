/* holidays: iCalendar files, as states and companies publish them and as nobody should, as days of a calendar. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/convert/holidays.h"
#include "recur/zone.h"
#include "util/mem.h"
#include "util/strbuf.h"
#include "util/timefmt.h"

#define EVENT(lines) "BEGIN:VEVENT\r\n" lines "END:VEVENT\r\n"

/* "2026-12-25 x2 Christmas {rule}; ..." and behind " | " what was left out. */
static void read_events(const char *events, struct strbuf *out)
{
	char *text CLEANUP(mem_cleanup) = mem_printf(
		"BEGIN:VCALENDAR\r\n%sEND:VCALENDAR\r\n", events);
	struct holidays holidays CLEANUP(holidays_finish) = { 0 };
	struct err err;
	char day[INSTANT_TEXT_MAX];
	if (!holidays_read(text, strlen(text), &holidays, &err)) {
		strbuf_addf(out, "error: %s", err.text);
		return;
	}
	for (size_t i = 0; i < holidays.n; i++) {
		const struct holiday *it = &holidays.list[i];
		wall_format(it->first * 86400, day);
		strbuf_addf(out, "%s%.10s", i > 0 ? "; " : "", day);
		if (it->span != 1)
			strbuf_addf(out, " x%d", it->span);
		strbuf_addf(
			out, " %s%s%s", it->name, it->rule ? " " : "", it->rule ? it->rule : "");
	}
	for (size_t i = 0; i < holidays.left_n; i++)
		strbuf_addf(out, " | %s", holidays.left[i]);
}

static const struct {
	const char *what, *events, *expected;
} cases[] = {
	{ "a day, as Google and Outlook write it",
		EVENT("DTSTART;VALUE=DATE:20261225\r\nDTEND;VALUE=DATE:20261226\r\n"
		      "SUMMARY:Christmas Day\r\nTRANSP:TRANSPARENT\r\n"),
		"2026-12-25 Christmas Day" },
	{ "several days",
		EVENT("DTSTART;VALUE=DATE:20261224\r\nDTEND;VALUE=DATE:20270102\r\nSUMMARY:"
		      "Closed\r\n"),
		"2026-12-24 x9 Closed" },
	{ "without an end, and with one that is its start",
		EVENT("DTSTART;VALUE=DATE:20260501\r\nSUMMARY:A\r\n") EVENT(
			"DTSTART;VALUE=DATE:20260502\r\nDTEND;VALUE=DATE:20260502\r\nSUMMARY:B\r\n")
			EVENT("DTSTART:20260503\r\nDTEND;VALUE=DATE:20250101\r\nSUMMARY:C\r\n"),
		"2026-05-01 A; 2026-05-02 B; 2026-05-03 C" },
	{ "durations",
		EVENT("DTSTART;VALUE=DATE:20260501\r\nDURATION:P1W\r\nSUMMARY:A\r\n") EVENT(
			"DTSTART;VALUE=DATE:20260601\r\nDURATION:PT48H\r\nSUMMARY:B\r\n")
			EVENT("DTSTART;VALUE=DATE:20260701\r\nDURATION:later\r\nSUMMARY:C\r\n"),
		"2026-05-01 x7 A; 2026-06-01 x2 B | C: a DURATION that cannot be read" },
	{ "from midnight to midnight, as Exchange writes it, and not quite",
		EVENT("DTSTART;TZID=W. Europe Standard Time:20260501T000000\r\n"
		      "DTEND;TZID=W. Europe Standard Time:20260502T000000\r\nSUMMARY:Labour\r\n")
			EVENT("DTSTART:20261224T180000\r\nDTEND:20261226T120000\r\nSUMMARY:"
			      "Feast\r\n") EVENT("DTSTART:20260610T100000Z\r\nDTEND:"
						 "20260610T110000Z\r\nSUMMARY:Meeting\r\n")
				EVENT("DTSTART:20260611T000000Z\r\nSUMMARY:Moment\r\n"),
		"2026-05-01 Labour; 2026-12-25 Feast | Meeting: covers no whole day | Moment: "
		"covers no "
		"whole day" },
	{ "a rule is not copied",
		EVENT("DTSTART;VALUE=DATE:20000101\r\nRRULE:FREQ=YEARLY\r\nSUMMARY:New Year\r\n"),
		"2000-01-01 New Year {\"frequency\":\"yearly\"}" },
	{ "two days, every year but one",
		EVENT("DTSTART;VALUE=DATE:20201225\r\nDTEND;VALUE=DATE:20201227\r\nRRULE:FREQ="
		      "YEARLY\r\n"
		      "EXDATE;VALUE=DATE:20211225\r\nSUMMARY:Christmas\r\n"),
		"2020-12-25 x2 Christmas "
		"{\"frequency\":\"yearly\",\"recurrenceOverrides\":{\"2021-12-25\":{"
		"\"excluded\":true}}}" },
	{ "dates of Easter as a list",
		EVENT("DTSTART;VALUE=DATE:20260406\r\nRDATE;VALUE=DATE:20270329,"
		      "20280417\r\nSUMMARY:Easter "
		      "Monday\r\n"),
		"2026-04-06 Easter Monday "
		"{\"frequency\":\"daily\",\"count\":1,\"recurrenceOverrides\":{"
		"\"2027-03-29T00:00:00\":{},\"2028-04-17T00:00:00\":{}}}" },
	{ "a DTSTART that its rule does not give is a day all the same",
		EVENT("DTSTART;VALUE=DATE:20260101\r\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY="
		      "4TH\r\nSUMMARY:T\r\n"),
		"2026-01-01 T "
		"{\"frequency\":\"yearly\",\"byDay\":[{\"day\":\"th\",\"nthOfPeriod\":4}],"
		"\"byMonth\":["
		"\"11\"],\"recurrenceOverrides\":{\"2026-01-01T00:00:00\":{}}}" },
	{ "one that was moved in one year",
		EVENT("UID:k\r\nDTSTART;VALUE=DATE:20240427\r\nRRULE:FREQ=YEARLY\r\nSUMMARY:King's "
		      "Day\r\n") EVENT("UID:k\r\nRECURRENCE-ID;VALUE=DATE:20250427\r\nDTSTART;"
				       "VALUE=DATE:20250426\r\n"
				       "SUMMARY:King's Day, a day before\r\n"),
		"2024-04-27 King's Day "
		"{\"frequency\":\"yearly\",\"recurrenceOverrides\":{\"2025-04-27T00:00:00\":{"
		"\"start\":\"2025-04-26T00:00:00\"}}}" },
	{ "twice in the file, and in two versions",
		EVENT("UID:a\r\nDTSTART;VALUE=DATE:20260501\r\nSUMMARY:A\r\n") EVENT(
			"UID:b\r\nDTSTART;VALUE=DATE:20260501\r\nDTEND;VALUE=DATE:"
			"20260503\r\nSUMMARY:A\r\n")
			EVENT("UID:c\r\nSEQUENCE:2\r\nDTSTART;VALUE=DATE:20260602\r\nSUMMARY:C\r\n")
				EVENT("UID:c\r\nSEQUENCE:1\r\nDTSTART;VALUE=DATE:"
				      "20260601\r\nSUMMARY:C\r\n"),
		"2026-05-01 x2 A; 2026-06-02 C" },
	{ "cancelled", EVENT("DTSTART;VALUE=DATE:20260501\r\nSTATUS:CANCELLED\r\nSUMMARY:A\r\n"),
		"" },
	{ "texts",
		EVENT("DTSTART;VALUE=DATE:20260501\r\nSUMMARY:A\\, B\\nC\x1b[2J\r\n")
			EVENT("DTSTART;VALUE=DATE:20260502\r\n"),
		"2026-05-01 A, B C [2J; 2026-05-02 (without a name)" },
	{ "rules that no calendar can have",
		EVENT("DTSTART;VALUE=DATE:20260501\r\nRRULE:FREQ=SECONDLY\r\nSUMMARY:A\r\n") EVENT(
			"DTSTART;VALUE=DATE:20260501\r\nRRULE:FREQ=YEARLY;BYMONTH=2;"
			"BYMONTHDAY=30\r\nSUMMARY:B\r\n")
			EVENT("DTSTART;VALUE=DATE:20260501\r\nRRULE:FREQ=NEVER\r\nSUMMARY:C\r\n")
				EVENT("DTSTART;VALUE=DATE:20260501\r\nRRULE:FREQ=DAILY;COUNT="
				      "1000000\r\nSUMMARY:D\r\n"),
		" | A: expected days, got a rule that is secondly | B: recurrence_rule.rrule: no "
		"day ever matches all of the lists: FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30 | C: "
		"recurrence_rule.rrule: FREQ: expected SECONDLY ... YEARLY, got \"NEVER\" | D: "
		"COUNT: expected 1 ... 5000, got 1000000" },
	{ "a bad zone, a day that is none, one that lasts for years, a task",
		EVENT("DTSTART;TZID=Mars/Olympus:20260501T000000\r\nDTEND;TZID=Mars/"
		      "Olympus:20260502T000000\r\n"
		      "SUMMARY:A\r\n") EVENT("DTSTART;VALUE=DATE:20260230\r\nSUMMARY:B\r\n")
			EVENT("DTSTART;VALUE=DATE:20260101\r\nDTEND;VALUE=DATE:20300101\r\nSUMMARY:"
			      "C\r\n")
				EVENT("SUMMARY:D\r\n") "BEGIN:VTODO\r\nDTSTART;VALUE=DATE:"
						       "20260501\r\nSUMMARY:E\r\nEND:VTODO\r\n",
		"2026-05-01 A | B: no DTSTART that could be read | C: lasts longer than 366 days | "
		"D: no DTSTART that could be read | E: is a task" },
};

static void events_become_days(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct strbuf out CLEANUP(strbuf_free) = STRBUF(65536);
		read_events(cases[i].events, &out);
		if (strcmp(out.data, cases[i].expected) != 0)
			fail_msg("%s\nexpected: %s\ngot:      %s", cases[i].what, cases[i].expected,
				out.data);
	}
}

static void part_of_a_file_is_none(void **state)
{
	static const char *const broken[] = {
		"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20260501\r\nSUMMARY:"
		"A\r\nEND:VEVENT\r\n"
		"BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:2026",
		"<!DOCTYPE html><html>sign in</html>",
		"",
		"PK\x03\x04",
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
		struct holidays holidays = { 0 };
		struct err err = { .text = "" };
		assert_false(holidays_read(broken[i], strlen(broken[i]), &holidays, &err));
		assert_true(*err.text);
	}
}

static int close_zones(void **state)
{
	(void)state;
	zones_close();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_become_days),
		cmocka_unit_test(part_of_a_file_is_none),
	};
	return cmocka_run_group_tests(tests, NULL, close_zones);
}
