/* plan: every sentence of its head, as scenarios of one template's life.
 *
 * 2025-01-06 is a Monday.  A worker looks at the row at the instants that sim_run names, and only then.
 */
#include "plan/sim.h"

#define DAILY     "{\"frequency\":\"daily\"}"
#define WEEKLY    "{\"frequency\":\"weekly\"}"
#define MON_FRI   "{\"frequency\":\"weekly\",\"days\":[\"mon\",\"fri\"]}"
#define MONTHLY   "{\"frequency\":\"monthly\"}"
#define MINUTELY  "{\"rrule\":\"FREQ=MINUTELY\"}"
#define BERLIN    "{\"frequency\":\"daily\",\"timeZone\":\"Europe/Berlin\"}"
#define COUNT3    "{\"frequency\":\"daily\",\"count\":3}"
#define UNTIL_8TH "{\"frequency\":\"daily\",\"end_date\":\"2025-01-08T10:00:00Z\"}"

/* ---- one worker's visit, by table ---- */

static const struct {
	const char *words, *rule, *due, *now, *wanted;
} visits[] = {
	{ "not due yet: nothing happens", DAILY, "01-06T10:00", "01-06T09:59:59",
		"| next 01-06T10:00" },
	{ "due now: made, and moved on", DAILY, "01-06T10:00", "01-06T10:00",
		"01-06T10:00 | next 01-07T10:00" },
	{ "downtime: all that was missed, oldest first", DAILY, "01-06T10:00", "01-09T12:00",
		"01-06T10:00 01-07T10:00 01-08T10:00 01-09T10:00 | next 01-10T10:00" },
	{ "a first instant that the rule does not produce is made as it stands", MON_FRI,
		"01-08T10:00", "01-10T10:00", "01-08T10:00 01-10T10:00 | next 01-13T10:00" },
	{ "microseconds stay where the application wrote them, ours are whole seconds", DAILY,
		"01-06T10:00:00.250000", "01-07T10:00",
		"01-06T10:00:00.250000 01-07T10:00 | next 01-08T10:00" },
	{ "half a second before a due instant with microseconds it is not due", DAILY,
		"01-06T10:00:00.500000", "01-06T10:00", "| next 01-06T10:00:00.500000" },
	{ "a rule of the year 1 is no trouble", "{\"frequency\":\"yearly\"}", "0001-01-01T00:00",
		"0003-06-01T00:00",
		"0001-01-01T00:00 0002-01-01T00:00 0003-01-01T00:00 | next 0004-01-01T00:00" },
	{ "years end at 9999", "{\"frequency\":\"yearly\"}", "9999-06-01T00:00", "9999-06-02T00:00",
		"9999-06-01T00:00 | ended 9999-06-01T00:00" },

	{ "until is inclusive, and the last occurrence ends the template in the same write",
		UNTIL_8TH, "01-06T10:00", "01-08T10:00",
		"01-06T10:00 01-07T10:00 01-08T10:00 | ended 01-08T10:00" },
	{ "before the last one is due, nothing has ended", UNTIL_8TH, "01-06T10:00", "01-08T09:59",
		"01-06T10:00 01-07T10:00 | next 01-08T10:00" },
	{ "an instant beyond until is not made", UNTIL_8TH, "01-08T10:00:01", "01-09T00:00",
		"| ended 01-08T10:00:01" },
	{ "COUNT ends in the write that makes its last", COUNT3, "01-06T10:00", "01-08T10:00",
		"01-06T10:00 01-07T10:00 01-08T10:00 | ended 01-08T10:00" },
	{ "COUNT counts a first instant that is none of the rule's",
		"{\"frequency\":\"weekly\",\"days\":[\"mon\"],\"count\":2}", "01-08T10:00",
		"02-01T00:00", "01-08T10:00 01-13T10:00 | ended 01-13T10:00" },

	{ "the 31st does not become the 28th", MONTHLY, "01-31T10:00", "06-01T00:00",
		"01-31T10:00 03-31T10:00 05-31T10:00 | next 07-31T10:00" },
	{ "29 February waits for the next leap year", "{\"frequency\":\"yearly\"}",
		"2024-02-29T10:00", "2028-03-01T00:00",
		"2024-02-29T10:00 2028-02-29T10:00 | next 2032-02-29T10:00" },
	{ "02:30 in New York goes over the gap of 9 March and comes back",
		"{\"frequency\":\"daily\",\"timeZone\":\"America/New_York\"}", "03-08T07:30",
		"03-10T12:00", "03-08T07:30 03-09T07:30 03-10T06:30 | next 03-11T06:30" },
	{ "01:30 in New York exists twice on 2 November: the first",
		"{\"frequency\":\"daily\",\"timeZone\":\"America/New_York\"}", "11-01T05:30",
		"11-03T12:00", "11-01T05:30 11-02T05:30 11-03T06:30 | next 11-04T06:30" },

	{ "an excluded date is passed over without a word",
		"{\"frequency\":\"daily\",\"recurrenceOverrides\":{\"2025-01-07T10:00:00\":{"
		"\"excluded\":true}}}",
		"01-06T10:00", "01-08T10:00", "01-06T10:00 01-08T10:00 | next 01-09T10:00" },
	{ "an excluded date ahead is not what comes next",
		"{\"frequency\":\"daily\",\"recurrenceOverrides\":{\"2025-01-07T10:00:00\":{"
		"\"excluded\":true}}}",
		"01-06T10:00", "01-06T10:00", "01-06T10:00 | next 01-08T10:00" },
	{ "a COUNT whose last is excluded ends with the one before",
		"{\"frequency\":\"daily\",\"count\":2,\"recurrenceOverrides\":{\"2025-01-07T10:00:"
		"00\":{\"excluded\":true}}}",
		"01-06T10:00", "01-06T10:00", "01-06T10:00 | ended 01-06T10:00" },

	{ "what is no rule is quarantined, and names the key", "{\"frequency\":\"hourlyish\"}",
		"01-06T10:00", "01-06T10:00", NULL },
	{ "an unknown zone", "{\"frequency\":\"daily\",\"timeZone\":\"Mars/Olympus\"}",
		"01-06T10:00", "01-06T10:00", NULL },
	{ "a path for a zone", "{\"frequency\":\"daily\",\"timeZone\":\"../../etc/passwd\"}",
		"01-06T10:00", "01-06T10:00", NULL },
	{ "an array", "[]", "01-06T10:00", "01-06T10:00", NULL },
	{ "a number", "7", "01-06T10:00", "01-06T10:00", NULL },
	{ "nothing", "", "01-06T10:00", "01-06T10:00", NULL },
	{ "oftener than min_interval", "{\"rrule\":\"FREQ=SECONDLY\"}", "01-06T10:00",
		"01-06T10:00", NULL },
	{ "an interval out of range", "{\"frequency\":\"daily\",\"interval\":99999999999999999999}",
		"01-06T10:00", "01-06T10:00", NULL },
	{ "a rule that never comes", "{\"rrule\":\"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31\"}",
		"01-06T10:00", "01-06T10:00", NULL },
};

static void one_visit(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(visits); i++) {
		struct sim sim;
		sim_init(&sim, visits[i].rule, visits[i].due);
		sim_run(&sim, visits[i].now);
		if (visits[i].wanted) {
			sim_expect(&sim, visits[i].words, visits[i].wanted);
			continue;
		}
		if (!sim.failed || sim.made_n > 0)
			fail_msg("%s: not quarantined", visits[i].words);
		if (strncmp(sim.failure, "recurrence_rule", 15) != 0)
			fail_msg("%s: the reason names no key: %s", visits[i].words, sim.failure);
		assert_true(sim.row.next_due_at == at(visits[i].due) && sim.row.is_active);
		assert_null(sim.row.starts_zone);
	}
}

static void an_instant_that_no_calendar_has_is_quarantined(void **state)
{
	static const usec_t instants[] = { USEC_MINUS_INFINITY, USEC_INFINITY,
		INT64_C(-62135596801) * USEC_PER_SEC, INT64_C(253402300800) * USEC_PER_SEC,
		INT64_C(-210866803200) * USEC_PER_SEC /* 4714 BC, PostgreSQL's first */ };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(instants); i++) {
		struct sim sim;
		struct plan plan;
		sim_init(&sim, DAILY, "01-06T10:00");
		sim.row.next_due_at = instants[i];
		plan_make(&sim.row, at("01-06T10:00"), &sim.policy, 10, &plan);
		assert_true(plan.outcome == PLAN_FAILED && plan.n == 0);
		assert_non_null(strstr(plan.failure.text, "next_due_at"));
		assert_true(plan.next_due_at == instants[i]);
		plan_finish(&plan);
	}
}

static void a_rule_too_large_to_read_is_quarantined(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, DAILY, "01-06T10:00");
	sim.row.rule = NULL;
	sim_run(&sim, "01-06T10:00");
	assert_true(sim.failed);
	assert_non_null(strstr(sim.failure, "65536"));
}

static void min_interval_is_the_policys(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, MINUTELY, "01-06T10:00");
	sim_run(&sim, "01-06T10:01");
	sim_expect(&sim, "a minute is enough", "01-06T10:00 01-06T10:01 | next 01-06T10:02");
	sim.policy.min_interval = 61 * USEC_PER_SEC;
	sim_run(&sim, "01-06T10:02");
	assert_true(sim.failed);
	assert_non_null(strstr(sim.failure, "min_interval"));
}

/* ---- history ---- */

static void history_is_never_made_again(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, DAILY, "01-06T10:00");
	sim_run(&sim, "01-08T10:00");
	sim_expect(&sim, "three days", "01-06T10:00 01-07T10:00 01-08T10:00 | next 01-09T10:00");
	sim_move(&sim, "01-06T10:00", "01-08T11:00");
	sim_run(&sim, "01-08T11:00");
	sim_expect(&sim, "a stale row is saved", "| next 01-09T10:00");
	assert_int_equal(sim.row.used_count, 3);
	sim_move(&sim, "01-07T09:00", "01-08T11:00");
	sim_run(&sim, "01-09T10:00");
	sim_expect(&sim, "an instant between two that were made is history too",
		"01-09T10:00 | next 01-10T10:00");
}

static void fewer_digits_change_nothing(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, DAILY, "01-06T10:00:00.750000");
	sim_run(&sim, "01-06T10:00:01");
	sim_expect(&sim, "first", "01-06T10:00:00.750000 | next 01-07T10:00");
	sim_move(&sim, "01-06T10:00", "01-06T11:00");
	sim_run(&sim, "01-06T11:00");
	sim_expect(&sim, "saved stale, its microseconds cut", "| next 01-07T10:00");
	sim_move(&sim, "01-07T10:00:00.900000", "01-06T11:00");
	sim_run(&sim, "01-07T10:00:01");
	assert_int_equal(sim.row.used_count, 2);
	assert_int_equal(sim.made_n, 1);
	sim_move(&sim, "01-07T10:00", "01-07T11:00");
	sim_run(&sim, "01-07T11:00");
	assert_int_equal(sim.made_n, 1);
}

/* Between the last occurrence and an edit lie instants of the new rule that were never due: a stale
 * next_due_at from before the edit must not bring them up. */
static void a_stale_row_after_an_edit_brings_up_nothing(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, WEEKLY, "01-06T10:00");
	sim_run(&sim, "01-06T10:00");
	sim_edit(&sim, DAILY, "01-09T12:00");
	sim_run(&sim, "01-09T12:00");
	sim_expect(&sim, "edited on Thursday", "01-06T10:00 | next 01-10T10:00");
	sim_move(&sim, "01-06T10:00", "01-09T13:00");
	sim_run(&sim, "01-09T13:00");
	sim_expect(&sim, "stale save", "| next 01-10T10:00");
	sim_move(&sim, "01-06T10:00", "01-09T13:00");
	sim_run(&sim, "01-12T13:00");
	sim_expect(&sim, "stale save, then days of downtime",
		"01-10T10:00 01-11T10:00 01-12T10:00 | next 01-13T10:00");
}

/* ---- the application moves next_due_at ---- */

static void onto_the_set_keeps_the_anchor(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, MONTHLY, "01-31T10:00");
	sim_run(&sim, "01-31T10:00");
	sim_move(&sim, "05-31T10:00", "02-01T00:00");
	sim_run(&sim, "06-01T00:00");
	sim_expect(&sim, "skips March, stays with the 31st",
		"01-31T10:00 05-31T10:00 | next 07-31T10:00");
	assert_int_equal(sim.row.starts_local, at("01-31T10:00") / USEC_PER_SEC);
}

static void off_the_set_becomes_the_anchor(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, BERLIN, "01-06T08:00"); /* 09:00 in Berlin */
	sim_run(&sim, "01-06T08:00");
	sim_move(&sim, "01-07T12:30", "01-06T09:00"); /* 13:30 */
	sim_run(&sim, "01-08T12:30");
	sim_expect(&sim, "a new time of day",
		"01-06T08:00 01-07T12:30 01-08T12:30 | next 01-09T12:30");
	assert_int_equal(sim.row.starts_local, at("01-07T13:30") / USEC_PER_SEC);
	sim_move(&sim, "03-29T12:30", "01-08T13:00");
	sim_run(&sim, "03-30T12:00");
	sim_expect(&sim, "still 13:30 after the clocks have changed",
		"03-29T12:30 03-30T11:30 | next 03-31T11:30");
}

static void moved_earlier_is_made_at_once(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, WEEKLY, "01-06T10:00");
	sim_run(&sim, "01-06T10:00");
	sim_move(&sim, "01-08T10:00", "01-08T11:00");
	sim_run(&sim, "01-08T11:00");
	sim_expect(&sim, "Wednesdays from now on", "01-06T10:00 01-08T10:00 | next 01-15T10:00");
}

static void what_the_application_set_for_later_stays_its_own(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, WEEKLY, "01-06T10:00");
	sim_run(&sim, "01-06T10:00");
	sim_edit(&sim, DAILY, "01-06T11:00");
	sim_move(&sim, "01-21T15:00", "01-06T11:00");
	sim_run(&sim, "01-06T12:00");
	sim_expect(&sim, "edited, then moved", "01-06T10:00 | next 01-21T15:00");
	sim_edit(&sim, MON_FRI, "01-07T00:00");
	sim_run(&sim, "01-07T00:00");
	sim_expect(&sim, "a further edit does not overtake it", "| next 01-21T15:00");
	sim_run(&sim, "01-21T15:00");
	sim_expect(&sim, "made, and the anchor", "01-21T15:00 | next 01-24T15:00");
}

static void beyond_until_nothing_is_made(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, UNTIL_8TH, "01-06T10:00");
	sim_run(&sim, "01-06T10:00");
	sim_move(&sim, "01-09T10:00", "01-06T11:00");
	sim_run(&sim, "01-09T10:00");
	assert_int_equal(sim.made_n, 1);
	assert_false(sim.row.is_active);
	assert_true(sim.row.ended_at == at("01-09T10:00"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_visit),
		cmocka_unit_test(an_instant_that_no_calendar_has_is_quarantined),
		cmocka_unit_test(a_rule_too_large_to_read_is_quarantined),
		cmocka_unit_test(min_interval_is_the_policys),
		cmocka_unit_test(history_is_never_made_again),
		cmocka_unit_test(fewer_digits_change_nothing),
		cmocka_unit_test(a_stale_row_after_an_edit_brings_up_nothing),
		cmocka_unit_test(onto_the_set_keeps_the_anchor),
		cmocka_unit_test(off_the_set_becomes_the_anchor),
		cmocka_unit_test(moved_earlier_is_made_at_once),
		cmocka_unit_test(what_the_application_set_for_later_stays_its_own),
		cmocka_unit_test(beyond_until_nothing_is_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
