/* successor: every sentence of its head, by table.
 *
 * 2025-01-06 is a Monday.  Instants are of 2025 where no year is written.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "plan/successor.h"
#include "util/mem.h"
#include "util/timefmt.h"

#define DAILY      "{\"frequency\":\"daily\"}"
#define WEEKLY     "{\"frequency\":\"weekly\"}"
#define BERLIN     "{\"frequency\":\"daily\",\"timeZone\":\"Europe/Berlin\"}"
#define EACH       "{\"frequency\":\"daily\",\"repeatFrom\":\"each\"}"
#define COMPLETION "{\"frequency\":\"daily\",\"interval\":3,\"repeatFrom\":\"completion\"}"
#define MONTHS(n)                                         \
	"{\"frequency\":\"monthly\",\"interval\":" #n "," \
	"\"repeatFrom\":\"completion\"}"
#define MONTHLY_31                                                              \
	"{\"frequency\":\"monthly\",\"byMonthDay\":[31],\"skip\":\"backward\"," \
	"\"rscale\":\"gregorian\"}"

static usec_t instant(const char *text)
{
	usec_t at;
	struct err err;
	if (!text)
		return TEMPLATE_NONE;
	const char *clock = strchr(text, 'T');
	char *full CLEANUP(mem_cleanup) = mem_printf(
		"%s%s%sZ", clock - text > 5 ? "" : "2025-", text, strlen(clock) < 7 ? ":00" : "");
	assert_true(instant_parse(full, &at, &err));
	return at;
}

static struct plan_policy policy(void)
{
	return (struct plan_policy){
		.min_interval = 60 * USEC_PER_SEC, .default_time_zone = "UTC", .zone = zone_load
	};
}

static const struct {
	const char *words, *rule, *due, *completed, *wanted;
} cases[] = {
	{ "completed before it is due: the one after it", DAILY, "01-06T10:00", "01-06T08:00",
		"01-07T10:00" },
	{ "completed on the day: the next day", DAILY, "01-06T10:00", "01-06T12:00",
		"01-07T10:00" },
	{ "three weeks late: once, in the future", DAILY, "01-06T10:00", "01-27T12:00",
		"01-28T10:00" },
	{ "completed at the very instant of an occurrence: the one after it", DAILY, "01-06T10:00",
		"01-08T10:00", "01-09T10:00" },
	{ "each in turn, although it has passed", EACH, "01-06T10:00", "01-27T12:00",
		"01-07T10:00" },
	{ "weekly days, met on none of them",
		"{\"frequency\":\"weekly\",\"days\":[\"mon\",\"fri\"]}", "01-08T10:00",
		"01-08T11:00", "01-10T10:00" },
	{ "from its completion, at the time of day at which it was due", COMPLETION, "01-06T10:00",
		"01-08T20:15", "01-11T10:00" },
	{ "from its completion, earlier in the day than it was due", COMPLETION, "01-06T10:00",
		"01-08T07:00", "01-11T10:00" },
	{ "from its completion, before the due date", COMPLETION, "01-20T10:00", "01-08T07:00",
		"01-11T10:00" },
	{ "from its completion, hours: the instant itself",
		"{\"frequency\":\"hourly\",\"interval\":8,\"repeatFrom\":\"completion\"}",
		"01-06T10:00", "01-06T10:07:30", "01-06T18:07:30" },
	{ "from its completion, days of the week: the next of them",
		"{\"rrule\":\"FREQ=WEEKLY;BYDAY=MO,TH\",\"repeatFrom\":\"completion\"}",
		"01-06T10:00", "01-08T20:15", "01-09T10:00" },
	{ "from its completion, twice a day: none that has passed",
		"{\"rrule\":\"FREQ=DAILY;BYHOUR=9,18\",\"repeatFrom\":\"completion\"}",
		"01-06T09:00", "01-08T20:15", "01-09T09:00" },
	/* As tasks/tasks #4024 has it: done on 29 November, it came back six months later. */
	{ "from its completion, in a month that lacks the day", MONTHS(3), "2024-11-20T08:00",
		"2024-11-30T10:00", "2025-02-28T08:00" },
	{ "from its completion, on the 31st: February is not left out", MONTHS(1), "01-20T08:00",
		"01-31T10:00", "02-28T08:00" },
	{ "from its completion, on a leap day: the next year, not in four",
		"{\"frequency\":\"yearly\",\"repeatFrom\":\"completion\"}", "2024-02-20T08:00",
		"2024-02-29T10:00", "2025-02-28T08:00" },
	{ "from its completion, what is said of such months holds",
		"{\"frequency\":\"monthly\",\"skip\":\"forward\",\"repeatFrom\":\"completion\"}",
		"01-20T08:00", "01-31T10:00", "03-01T08:00" },
	{ "from its completion, the rule's own 31st: months that have one",
		"{\"frequency\":\"monthly\",\"byMonthDay\":[31],\"repeatFrom\":\"completion\"}",
		"01-31T08:00", "02-02T10:00", "03-31T08:00" },
	{ "without a due date, completed on the 31st", "{\"frequency\":\"monthly\"}", NULL,
		"01-31T20:15", "02-28T20:15" },
	/* As obsidian-tasks #1924 and tq-obsidian #27 have it: another one, due when this one was. */
	{ "from its completion, the day before the day that the rule names: not that day again",
		"{\"rrule\":\"FREQ=WEEKLY;BYDAY=MO,TH\",\"repeatFrom\":\"completion\"}",
		"01-09T10:00", "01-08T20:15", "01-13T10:00" },
	{ "from its completion, the month's end, a day early",
		"{\"frequency\":\"monthly\",\"byMonthDay\":[-1],\"repeatFrom\":\"completion\"}",
		"01-31T10:00", "01-30T20:15", "02-28T10:00" },
	{ "from its completion, some weeks early: a day that comes before it is another one",
		"{\"rrule\":\"FREQ=WEEKLY;BYDAY=MO,TH\",\"repeatFrom\":\"completion\"}",
		"01-23T10:00", "01-08T20:15", "01-09T10:00" },
	/* As donetick #53 has it: done twice on one day, it was thirty days later than that. */
	{ "from its completion, long before it is due: days are counted from there, and come to "
	  "the same",
		"{\"frequency\":\"daily\",\"interval\":30,\"repeatFrom\":\"completion\"}",
		"01-31T10:00", "01-01T20:15", "01-31T10:00" },
	{ "without a due date, from the minute of its completion", WEEKLY, NULL, "01-08T20:15:42",
		"01-15T20:15" },
	{ "by the clock of its zone, over the change to summer time", BERLIN, "03-29T08:00",
		"03-29T09:00", "03-30T07:00" },
	{ "until: nothing follows",
		"{\"frequency\":\"daily\",\"end_date\":\"2025-01-06T23:00:00Z\"}", "01-06T10:00",
		"01-06T11:00", "none" },
	{ "COUNT of one: it was the last", "{\"frequency\":\"daily\",\"count\":1}", "01-06T10:00",
		"01-06T11:00", "none" },
	{ "COUNT counts tasks, not what was passed over", "{\"frequency\":\"daily\",\"count\":2}",
		"01-06T10:00", "01-20T11:00", "01-21T10:00" },
	{ "what is excluded does not come",
		"{\"frequency\":\"daily\",\"recurrenceOverrides\":{\"2025-01-07T10:00:00\":{"
		"\"excluded\":true}}}",
		"01-06T10:00", "01-06T11:00", "01-08T10:00" },
	{ "what is moved comes where it was moved to",
		"{\"frequency\":\"daily\",\"recurrenceOverrides\":{\"2025-01-07T10:00:00\":{"
		"\"start\":\"2025-01-07T15:00:00\"}}}",
		"01-06T10:00", "01-06T11:00", "01-07T15:00" },
	{ "its own DTSTART, every other week",
		"{\"rrule\":\"DTSTART:20250106T100000Z\\nRRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,"
		"TH\"}",
		"01-09T10:00", "01-09T11:00", "01-20T10:00" },
	{ "no rule", "{\"frequency\":\"hourlyish\"}", "01-06T10:00", "01-06T11:00", "failed" },
	{ "no such way to repeat", "{\"frequency\":\"daily\",\"repeatFrom\":\"start\"}",
		"01-06T10:00", "01-06T11:00", "failed" },
	{ "too often", "{\"frequency\":\"secondly\"}", "01-06T10:00", "01-06T11:00", "failed" },
	{ "JSON's null", "null", "01-06T10:00", "01-06T11:00", "failed" },
};

static void check_due(const char *words, const struct successor *successor, const char *wanted)
{
	char found[INSTANT_TEXT_MAX];
	if (strcmp(wanted, "none") == 0) {
		assert_int_equal(successor->outcome, SUCCESSOR_NONE);
	} else if (strcmp(wanted, "failed") == 0) {
		assert_int_equal(successor->outcome, SUCCESSOR_FAILED);
		assert_string_not_equal(successor->failure.text, "");
	} else if (successor->outcome != SUCCESSOR_FOLLOWS ||
		   successor->due_at != instant(wanted)) {
		fail_msg("%s: %s%s, not %s", words,
			successor->outcome == SUCCESSOR_FOLLOWS
				? instant_format(successor->due_at, found)
				: "nothing follows ",
			successor->failure.text, wanted);
	}
}

static void test_table(void **state)
{
	(void)state;
	struct plan_policy rules = policy();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct successor_task task = { .id = "t",
			.rule = cases[i].rule,
			.rule_len = strlen(cases[i].rule),
			.due_at = instant(cases[i].due),
			.completed_at = instant(cases[i].completed),
			.remind_at = TEMPLATE_NONE,
			.planned_due_at = TEMPLATE_NONE };
		struct successor successor;
		successor_make(&task, &rules, &successor);
		check_due(cases[i].words, &successor, cases[i].wanted);
		successor_finish(&successor);
	}
}

/* Completes a task and what follows it, again and again, an hour after each is due. */
static void follow(struct successor_task *task, const char *const *dues, size_t n)
{
	static struct successor last[2];
	static size_t turn;
	struct plan_policy rules = policy();
	for (size_t i = 0; i < n; i++) {
		struct successor *next = &last[turn++ % 2];
		task->completed_at = task->due_at + 3600 * USEC_PER_SEC;
		successor_make(task, &rules, next);
		check_due("in a chain", next, dues[i]);
		task->due_at = task->planned_due_at = next->due_at;
		task->starts_zone = next->starts_zone;
		task->starts_local = next->starts_local;
		successor_finish(next);
	}
}

static struct successor_task first_of(const char *rule, const char *due)
{
	return (struct successor_task){ .id = "t",
		.rule = rule,
		.rule_len = strlen(rule),
		.due_at = instant(due),
		.remind_at = TEMPLATE_NONE,
		.planned_due_at = TEMPLATE_NONE };
}

/* The 31st that became the 28th is the 31st again; half past two comes back after the night without it. */
static void test_a_chain_does_not_drift(void **state)
{
	(void)state;
	static const char *const ends[] = { "02-28T10:00", "03-31T10:00", "04-30T10:00" };
	struct successor_task task = first_of(MONTHLY_31, "01-31T10:00");
	follow(&task, ends, ARRAY_LEN(ends));
	static const char *const nights[] = { "03-30T01:30", "03-31T00:30" };
	task = first_of(BERLIN, "03-29T01:30");
	follow(&task, nights, ARRAY_LEN(nights));
	static const char completion[] = "{\"frequency\":\"daily\",\"timeZone\":\"Europe/"
					 "Berlin\",\"repeatFrom\":\"completion\"}";
	task = first_of(completion, "03-29T01:30");
	follow(&task, nights, ARRAY_LEN(nights));
}

/* Nine o'clock in Berlin becomes nine o'clock in London, where the user has moved to. */
static void test_a_chain_keeps_its_local_time(void **state)
{
	(void)state;
	static const char *const before[] = { "01-07T08:00" }, *const behind[] = { "01-08T09:00" };
	struct successor_task task = first_of(DAILY, "01-06T08:00");
	task.user_zone = "Europe/Berlin";
	follow(&task, before, 1);
	task.user_zone = "Europe/London";
	follow(&task, behind, 1);
}

/* Put off to noon, it stays at noon; moved back onto the set, it goes on as before. */
static void test_the_application_moves_the_due_date(void **state)
{
	(void)state;
	static const char *const first[] = { "01-07T10:00" }, *const noon[] = { "01-08T12:00" };
	struct successor_task task = first_of(DAILY, "01-06T10:00");
	follow(&task, first, 1);
	task.due_at = instant("01-07T12:00");
	follow(&task, noon, 1);
	static const char *const weeks[] = { "01-20T10:00" };
	static const char fortnightly[] = "{\"frequency\":\"weekly\",\"interval\":2}";
	task = first_of(fortnightly, "01-06T10:00");
	follow(&task, weeks, 1);
	task.due_at = instant("02-03T10:00");
	static const char *const later[] = { "02-17T10:00" };
	follow(&task, later, 1);
}

static void remind(
	const char *due, const char *at, const char *completed, const char *wanted, bool handled)
{
	struct plan_policy rules = policy();
	struct successor_task task = first_of(DAILY, "01-06T10:00");
	task.due_at = instant(due);
	task.remind_at = instant(at);
	task.completed_at = instant(completed);
	struct successor successor;
	successor_make(&task, &rules, &successor);
	assert_int_equal(successor.remind_at, instant(wanted));
	assert_int_equal(successor.reminded_at,
		handled ? instant(wanted) + USEC_PER_SEC - 1 : TEMPLATE_NONE);
	successor_finish(&successor);
}

static void test_the_reminder_keeps_its_distance(void **state)
{
	(void)state;
	remind("01-06T10:00", "01-06T09:30", "01-06T12:00", "01-07T09:30", false);
	remind("01-06T10:00", "01-06T10:30", "01-09T12:00", "01-10T10:30", false);
	remind("01-06T10:00", "01-04T10:00", "01-06T12:00", "01-05T10:00", true);
	remind(NULL, "01-06T09:00", "01-06T12:00", "01-07T09:00", false);
}

static const struct {
	const char *rule, *wanted;
} countdowns[] = {
	{ "{\"frequency\":\"daily\",\"count\":3}", "{\"frequency\":\"daily\",\"count\":2}" },
	{ "{\"frequency\":\"weekly\",\"count\":10,\"days\":[\"mon\"]}",
		"{\"frequency\":\"weekly\",\"count\":9,\"days\":[\"mon\"]}" },
	{ "{\"rrule\":\"FREQ=DAILY;COUNT=3;INTERVAL=2\"}",
		"{\"rrule\":\"FREQ=DAILY;COUNT=2;INTERVAL=2\"}" },
	{ "\"FREQ=DAILY;count=3\"", "\"FREQ=DAILY;count=2\"" },
	{ "[\"RRULE:FREQ=DAILY;COUNT=3\"]", "[\"RRULE:FREQ=DAILY;COUNT=2\"]" },
	{ "\"RRULE:FREQ=DAILY;CO\\r\\n UNT=3\"", "{\"frequency\":\"daily\",\"count\":2}" },
	{ "\"{\\\"frequency\\\":\\\"daily\\\",\\\"count\\\":3}\"",
		"{\"frequency\":\"daily\",\"count\":2}" },
};

static void test_count_is_counted_down_in_the_rule(void **state)
{
	(void)state;
	struct plan_policy rules = policy();
	for (size_t i = 0; i < ARRAY_LEN(countdowns); i++) {
		struct successor_task task = first_of(countdowns[i].rule, "01-06T10:00");
		task.completed_at = instant("01-06T11:00");
		struct successor successor;
		successor_make(&task, &rules, &successor);
		assert_int_equal(successor.outcome, SUCCESSOR_FOLLOWS);
		assert_string_equal(successor.rule, countdowns[i].wanted);
		successor_finish(&successor);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_a_chain_does_not_drift),
		cmocka_unit_test(test_a_chain_keeps_its_local_time),
		cmocka_unit_test(test_the_application_moves_the_due_date),
		cmocka_unit_test(test_the_reminder_keeps_its_distance),
		cmocka_unit_test(test_count_is_counted_down_in_the_rule),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
