/* plan: edits of the rule, ends, pauses; scenarios as in test_plan.c. */
#include "plan/sim.h"

#define DAILY     "{\"frequency\":\"daily\"}"
#define WEEKLY    "{\"frequency\":\"weekly\"}"
#define BERLIN    "{\"frequency\":\"daily\",\"timeZone\":\"Europe/Berlin\"}"
#define COUNT3    "{\"frequency\":\"daily\",\"count\":3}"
#define COUNT5    "{\"frequency\":\"daily\",\"count\":5}"
#define UNTIL_8TH "{\"frequency\":\"daily\",\"end_date\":\"2025-01-08T10:00:00Z\"}"

/* ---- the rule is edited ---- */

static void an_edit_keeps_the_walls_time_and_goes_on_after_it(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, WEEKLY, "01-06T10:00");
	sim_run(&sim, "01-06T10:00");
	sim_edit(&sim, DAILY, "01-09T12:00");
	assert_true(sim_is_claimed(&sim, at("01-09T12:00")));
	sim_run(&sim, "01-09T12:00");
	sim_expect(&sim, "nothing from before the edit", "01-06T10:00 | next 01-10T10:00");
	assert_true(sim.row.replan_at == TEMPLATE_NONE);
}

static void what_was_due_before_the_edit_is_kept(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, WEEKLY, "01-06T10:00");
	sim_run(&sim, "01-06T10:00");
	sim_edit(&sim, DAILY, "01-14T12:00"); /* no worker was there on the 13th */
	sim_run(&sim, "01-15T12:00");
	sim_expect(&sim, "the 13th, then daily after the edit",
		"01-06T10:00 01-13T10:00 01-15T10:00 | next 01-16T10:00");
}

static void due_within_the_second_of_the_edit_is_kept(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, WEEKLY, "01-06T10:00");
	sim_run(&sim, "01-06T10:00");
	sim_edit(&sim, DAILY, "01-13T10:00:00.300000");
	sim_run(&sim, "01-13T10:00:01");
	sim_expect(&sim, "the edit came before the worker",
		"01-06T10:00 01-13T10:00 | next 01-14T10:00");
}

static void a_zone_edit_keeps_the_wall_time(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, DAILY, "01-06T10:00");
	sim_run(&sim, "01-06T10:00");
	sim_edit(&sim, BERLIN, "01-06T11:00");
	sim_run(&sim, "01-06T11:00");
	sim_expect(&sim, "10:00 in Berlin", "01-06T10:00 | next 01-07T09:00");
	assert_string_equal(sim.row.starts_zone, "Europe/Berlin");
	assert_int_equal(sim.row.starts_local, at("01-06T10:00") / USEC_PER_SEC);
}

static void rule_and_instant_together_stand(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, WEEKLY, "01-06T10:00");
	sim_run(&sim, "01-06T10:00");
	sim_save(&sim, DAILY, at("01-20T07:00"), true, at("01-07T00:00"));
	assert_true(sim.row.replan_at == TEMPLATE_NONE);
	sim_run(&sim, "01-21T07:00");
	sim_expect(&sim, "both", "01-06T10:00 01-20T07:00 01-21T07:00 | next 01-22T07:00");
}

static void an_edit_with_a_stale_instant_is_an_edit_alone(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, WEEKLY, "01-06T10:00");
	sim_run(&sim, "01-06T10:00");
	sim_save(&sim, DAILY, at("01-06T10:00"), true, at("01-09T12:00"));
	sim_run(&sim, "01-09T12:00");
	sim_expect(
		&sim, "the form was opened before Monday's task", "01-06T10:00 | next 01-10T10:00");
}

static void an_edit_before_the_first_generation_is_no_replanning(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, WEEKLY, "01-06T10:00");
	sim_edit(&sim, DAILY, "01-05T00:00");
	assert_true(sim.row.replan_at == TEMPLATE_NONE);
	sim_run(&sim, "01-07T10:00");
	sim_expect(&sim, "daily from the first", "01-06T10:00 01-07T10:00 | next 01-08T10:00");
}

static void quarantine_ends_with_the_repair_and_what_was_due_is_caught_up(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, DAILY, "01-06T10:00");
	sim_run(&sim, "01-06T10:00");
	sim_edit(&sim, "{\"frequency\":\"weekly\",\"days\":[\"mox\"]}", "01-06T11:00");
	sim_run(&sim, "01-06T11:00");
	assert_true(sim.failed);
	assert_non_null(strstr(sim.failure, "recurrence_rule.days[0]"));
	sim_edit(&sim, DAILY, "01-09T12:00");
	sim_run(&sim, "01-09T12:00");
	sim_expect(&sim, "repaired on the 9th",
		"01-06T10:00 01-07T10:00 01-08T10:00 01-09T10:00 | next 01-10T10:00");
}

/* ---- ends ---- */

static void after_the_end_it_stays_on_the_last_and_may_be_extended(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, UNTIL_8TH, "01-06T10:00");
	sim_run(&sim, "01-08T10:00");
	sim_expect(&sim, "ended", "01-06T10:00 01-07T10:00 01-08T10:00 | ended 01-08T10:00");
	assert_true(sim.row.ended_at == at("01-08T10:00"));
	sim_run(&sim, "01-20T00:00");
	sim_expect(&sim, "nothing more", "| ended 01-08T10:00");
	sim_edit(&sim, DAILY, "01-20T12:00");
	sim_run(&sim, "01-20T12:00");
	sim_expect(&sim, "extended: after the edit, no flood", "| next 01-21T10:00");
	assert_true(sim.row.ended_at == TEMPLATE_NONE);
}

static void an_edit_that_extends_nothing_leaves_the_end(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, UNTIL_8TH, "01-06T10:00");
	sim_run(&sim, "01-08T10:00");
	sim_edit(&sim, "{\"frequency\":\"daily\",\"end_date\":\"2025-01-10T10:00:00Z\"}",
		"01-20T12:00");
	sim_run(&sim, "01-20T12:00");
	assert_false(sim.row.is_active);
	assert_true(sim.row.ended_at == at("01-08T10:00") && sim.row.replan_at == TEMPLATE_NONE);
	assert_int_equal(sim.made_n, 3);
}

static void a_stale_save_switches_an_ended_template_on_in_vain(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, COUNT3, "01-06T10:00");
	sim_run(&sim, "01-08T10:00");
	sim_save(&sim, COUNT3, at("01-07T10:00"), true, at("01-08T11:00"));
	sim_run(&sim, "01-08T11:00");
	sim_expect(&sim, "ends again, on its last occurrence",
		"01-06T10:00 01-07T10:00 01-08T10:00 | ended 01-08T10:00");
}

static void count_goes_across_a_moved_anchor(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, COUNT5, "01-06T10:00");
	sim_run(&sim, "01-07T10:00");
	sim_move(&sim, "01-09T18:00", "01-07T11:00");
	sim_run(&sim, "01-20T00:00");
	sim_expect(&sim, "two before, three after",
		"01-06T10:00 01-07T10:00 01-09T18:00 01-10T18:00 01-11T18:00 | ended 01-11T18:00");
	sim_edit(&sim, "{\"frequency\":\"daily\",\"count\":7}", "01-20T00:00");
	sim_run(&sim, "01-25T00:00");
	sim_expect(&sim, "raised by two", "01-20T18:00 01-21T18:00 | ended 01-21T18:00");
}

static void excluded_dates_use_up_count_once(void **state)
{
	const char *rule = "{\"frequency\":\"daily\",\"count\":4,\"recurrenceOverrides\":"
			   "{\"2025-01-07T10:00:00\":{\"excluded\":true}}}";
	struct sim sim;
	(void)state;
	sim_init(&sim, rule, "01-06T10:00");
	for (int day = 0; day < 10; day++)
		sim_run_in_batches(&sim, at("01-06T10:00") + day * DAY, 1000);
	sim_expect(
		&sim, "three of four", "01-06T10:00 01-08T10:00 01-09T10:00 | ended 01-09T10:00");
	assert_int_equal(sim.row.used_count, 4);
}

/* ---- pauses ---- */

static void a_pause_is_not_downtime(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, DAILY, "01-06T10:00");
	sim_run(&sim, "01-06T10:00");
	sim_pause(&sim, "01-08T12:00"); /* 7th and 8th were due, no worker was there */
	sim_run(&sim, "01-20T12:00");
	sim_resume(&sim, "01-29T12:00");
	sim_run(&sim, "01-30T12:00");
	sim_expect(&sim, "three weeks",
		"01-06T10:00 01-07T10:00 01-08T10:00 01-30T10:00 | paused 21 | next 01-31T10:00");
}

static void the_edges_of_a_pause(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, DAILY, "01-06T10:00");
	sim_pause(&sim, "01-06T10:00:00.000001");
	sim_resume(&sim, "01-08T10:00");
	sim_run(&sim, "01-09T10:00");
	sim_expect(&sim, "due just before it is made, due at its end is not",
		"01-06T10:00 01-09T10:00 | paused 2 | next 01-10T10:00");
}

static void due_at_the_very_instant_of_the_pause(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, DAILY, "01-06T10:00");
	sim_pause(&sim, "01-06T10:00");
	sim_resume(&sim, "01-06T12:00");
	sim_run(&sim, "01-07T10:00");
	sim_expect(&sim, "is not due before it", "01-07T10:00 | paused 1 | next 01-08T10:00");
}

static void created_paused(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, DAILY, "01-06T10:00");
	sim.row.is_active = false;
	sim.row.paused_at = at("01-01T00:00");
	sim_resume(&sim, "01-08T12:00");
	sim_run(&sim, "01-09T10:00");
	sim_expect(
		&sim, "starts when it is switched on", "01-09T10:00 | paused 3 | next 01-10T10:00");
}

static void paused_before_recurd_knew_it(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, DAILY, "01-06T10:00");
	sim.row.is_active = false;
	sim_resume(&sim, "03-01T00:00");
	sim_run(&sim, "03-01T10:00");
	sim_expect(&sim, "no flood", "03-01T10:00 | paused 54 | next 03-02T10:00");
}

static void a_slip_of_the_switch_does_not_cut_a_pause_in_two(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, DAILY, "01-06T10:00");
	sim_run(&sim, "01-06T10:00");
	sim_pause(&sim, "01-06T12:00");
	sim_resume(&sim, "01-20T12:00");
	sim_pause(&sim, "01-20T12:00:01"); /* before a worker has looked */
	sim_resume(&sim, "01-27T12:00");
	sim_run(&sim, "01-28T10:00");
	sim_expect(&sim, "one pause", "01-06T10:00 01-28T10:00 | paused 21 | next 01-29T10:00");
	sim_pause(&sim, "02-10T00:00");
	sim_resume(&sim, "02-11T00:00");
	sim_run(&sim, "02-11T10:00");
	sim_expect(&sim, "a later one is its own",
		"01-29T10:00 01-30T10:00 01-31T10:00 02-01T10:00 02-02T10:00 02-03T10:00 "
		"02-04T10:00 "
		"02-05T10:00 02-06T10:00 02-07T10:00 02-08T10:00 02-09T10:00 02-11T10:00 | paused "
		"1 | "
		"next 02-12T10:00");
}

static void pauses_use_up_count(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, COUNT5, "01-06T10:00");
	sim_run(&sim, "01-06T10:00");
	sim_pause(&sim, "01-06T12:00");
	sim_resume(&sim, "01-08T12:00");
	sim_run(&sim, "01-20T00:00");
	sim_expect(&sim, "two of five fell into the pause",
		"01-06T10:00 01-09T10:00 01-10T10:00 | paused 2 | ended 01-10T10:00");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_edit_keeps_the_walls_time_and_goes_on_after_it),
		cmocka_unit_test(what_was_due_before_the_edit_is_kept),
		cmocka_unit_test(due_within_the_second_of_the_edit_is_kept),
		cmocka_unit_test(a_zone_edit_keeps_the_wall_time),
		cmocka_unit_test(rule_and_instant_together_stand),
		cmocka_unit_test(an_edit_with_a_stale_instant_is_an_edit_alone),
		cmocka_unit_test(an_edit_before_the_first_generation_is_no_replanning),
		cmocka_unit_test(quarantine_ends_with_the_repair_and_what_was_due_is_caught_up),
		cmocka_unit_test(after_the_end_it_stays_on_the_last_and_may_be_extended),
		cmocka_unit_test(an_edit_that_extends_nothing_leaves_the_end),
		cmocka_unit_test(a_stale_save_switches_an_ended_template_on_in_vain),
		cmocka_unit_test(count_goes_across_a_moved_anchor),
		cmocka_unit_test(excluded_dates_use_up_count_once),
		cmocka_unit_test(a_pause_is_not_downtime),
		cmocka_unit_test(the_edges_of_a_pause),
		cmocka_unit_test(due_at_the_very_instant_of_the_pause),
		cmocka_unit_test(created_paused),
		cmocka_unit_test(paused_before_recurd_knew_it),
		cmocka_unit_test(a_slip_of_the_switch_does_not_cut_a_pause_in_two),
		cmocka_unit_test(pauses_use_up_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
