/* A calendar as text: zones, folds, and what users wrote. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/timefmt.h"
#include "web/feed.h"

static usec_t at(const char *text)
{
	usec_t instant;
	struct err err;
	if (!instant_parse(text, &instant, &err))
		fail_msg("%s", err.text);
	return instant;
}

static const struct zone *zone_of(const char *name)
{
	const struct zone *zone;
	struct err err;
	if (!zone_load(name, &zone, &err))
		fail_msg("%s", err.text);
	return zone;
}

/* Of one event. */
static void write_one(struct strbuf *out, const char *zone, const struct feed_event *event)
{
	const struct feed_form form = { .zone = zone_of(zone),
		.from = at("2025-03-01T00:00:00Z"),
		.until = at("2025-11-30T00:00:00Z") };
	strbuf_reset(out);
	feed_write(out, &form, event, 1);
}

static const struct {
	const char *zone, *at, *line;
} times[] = {
	{ "Europe/Berlin", "2025-03-29T08:00:00Z",
		"DTSTART;TZID=Europe/Berlin:20250329T090000\r\n" },
	{ "Europe/Berlin", "2025-03-30T07:00:00Z",
		"DTSTART;TZID=Europe/Berlin:20250330T090000\r\n" },
	/* Half past two is there twice: the first as everybody reads it, the second in UTC. */
	{ "Europe/Berlin", "2025-10-26T00:30:00Z",
		"DTSTART;TZID=Europe/Berlin:20251026T023000\r\n" },
	{ "Europe/Berlin", "2025-10-26T01:30:00Z", "DTSTART:20251026T013000Z\r\n" },
	{ "Asia/Kolkata", "2025-05-01T00:00:00Z", "DTSTART;TZID=Asia/Kolkata:20250501T053000\r\n" },
	{ "UTC", "2025-05-01T00:00:00Z", "DTSTART:20250501T000000Z\r\n" },
};

static void times_are_the_users(void **state)
{
	(void)state;
	struct strbuf out CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		struct feed_event event = { .id = "x", .at = at(times[i].at) };
		write_one(&out, times[i].zone, &event);
		if (!strstr(out.data, times[i].line))
			fail_msg("expected %s\n%s", times[i].line, out.data);
	}
}

static const struct {
	const char *zone, *lines;
} zones[] = {
	/* The last Sundays of March and October, by the clock from before. */
	{ "Europe/Berlin", "BEGIN:DAYLIGHT\r\nDTSTART:20250330T020000\r\nTZOFFSETFROM:+"
			   "0100\r\nTZOFFSETTO:+0200\r\nEND:DAYLIGHT\r\n"
			   "BEGIN:STANDARD\r\nDTSTART:20251026T030000\r\nTZOFFSETFROM:+"
			   "0200\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\n"
			   "END:VTIMEZONE\r\n" },
	/* Half an hour of summer time, the other way round. */
	{ "Australia/Lord_Howe", "BEGIN:STANDARD\r\nDTSTART:20250406T020000\r\nTZOFFSETFROM:+"
				 "1100\r\nTZOFFSETTO:+1030\r\nEND:STANDARD\r\n"
				 "BEGIN:DAYLIGHT\r\nDTSTART:20251005T020000\r\nTZOFFSETFROM:+"
				 "1030\r\nTZOFFSETTO:+1100\r\nEND:DAYLIGHT\r\n" },
	{ "America/St_Johns", "TZOFFSETFROM:-0330\r\nTZOFFSETTO:-0230\r\n" },
	/* No change of clocks: one observance, or the zone would have none. */
	{ "Asia/Kolkata",
		"TZID:Asia/"
		"Kolkata\r\nBEGIN:STANDARD\r\nDTSTART:20250227T053000\r\nTZOFFSETFROM:+0530\r\n"
		"TZOFFSETTO:+0530\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n" },
};

static void zones_have_rules_of_their_own(void **state)
{
	(void)state;
	struct strbuf out CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	struct feed_event event = { .id = "x", .at = at("2025-05-01T00:00:00Z") };
	for (size_t i = 0; i < ARRAY_LEN(zones); i++) {
		write_one(&out, zones[i].zone, &event);
		if (!strstr(out.data, zones[i].lines))
			fail_msg("expected %s\n%s", zones[i].lines, out.data);
	}
	write_one(&out, "UTC", &event);
	assert_null(strstr(out.data, "VTIMEZONE"));
}

/* A title cannot end its event and begin another one. */
static void texts_stay_texts(void **state)
{
	(void)state;
	struct strbuf out CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	struct feed_event event = { .id = "x\r\nBEGIN:VEVENT",
		.title = "a\r\nEND:VEVENT\r\nBEGIN:VALARM;,\\",
		.tags = { "one,two", "\xff" },
		.tags_n = 2,
		.priority = 3 };
	write_one(&out, "UTC", &event);
	assert_non_null(strstr(out.data, "SUMMARY:a \\nEND:VEVENT \\nBEGIN:VALARM\\;\\,\\\\\r\n"));
	assert_non_null(strstr(out.data, "UID:x \\nBEGIN:VEVENT@recurd\r\n"));
	assert_non_null(strstr(out.data, "CATEGORIES:one\\,two,\xef\xbf\xbd\r\n"));
	assert_null(strstr(out.data, "\nBEGIN:VALARM"));
}

/* They stand still while nothing changes, and grow when it does. */
static void changes_are_told(void **state)
{
	(void)state;
	struct strbuf out CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	struct feed_event event = { .id = "x", .stamp = at("2025-05-01T00:00:01Z") };
	write_one(&out, "UTC", &event);
	assert_non_null(strstr(out.data, "DTSTAMP:20250501T000001Z\r\nLAST-MODIFIED:"
					 "20250501T000001Z\r\nSEQUENCE:168220801\r\n"));
	event.stamp = at("1999-01-01T00:00:00Z");
	write_one(&out, "UTC", &event);
	assert_non_null(strstr(out.data, "SEQUENCE:0\r\n"));
	event.stamp = at("9999-01-01T00:00:00Z");
	write_one(&out, "UTC", &event);
	assert_non_null(strstr(out.data, "SEQUENCE:2147483647\r\n"));
}

static void todos_have_a_state(void **state)
{
	(void)state;
	struct strbuf out CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	struct feed_event events[] = {
		{ .id = "open",
			.completed_at = INSTANT_NONE,
			.reminders = { 1 },
			.reminders_n = 1 },
		{ .id = "done",
			.complete = true,
			.completed_at = at("2025-05-01T00:00:00Z"),
			.reminders = { 1 },
			.reminders_n = 1 },
		{ .id = "when?", .complete = true, .completed_at = INSTANT_NONE },
	};
	const struct feed_form form = {
		.name = "n", .zone = zone_of("UTC"), .todo = true, .alarms = true
	};
	feed_write(&out, &form, events, ARRAY_LEN(events));
	const char *done = strstr(out.data, "UID:done"), *when = strstr(out.data, "UID:when?");
	const char *alarm = strstr(out.data,
		"BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:Task\r\n"
		"TRIGGER;VALUE=DATE-TIME:19700101T000000Z\r\n");
	assert_non_null(alarm);
	assert_true(alarm < done);
	assert_null(strstr(done, "BEGIN:VALARM"));
	assert_non_null(strstr(done, "STATUS:COMPLETED\r\nCOMPLETED:20250501T000000Z\r\n"));
	assert_non_null(strstr(when, "STATUS:COMPLETED\r\nEND:VTODO\r\n"));
	assert_null(strstr(out.data, "VEVENT"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_the_users),
		cmocka_unit_test(zones_have_rules_of_their_own),
		cmocka_unit_test(texts_stay_texts),
		cmocka_unit_test(changes_are_told),
		cmocka_unit_test(todos_have_a_state),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
