/* agenda: precedence, the next wake-up, pauses after attempts in vain. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "svc/agenda.h"

#define MS      USEC_PER_MSEC
#define NOTHING AGENDA_KINDS

static const struct agenda_task backlog = { .fresh = false };

static struct agenda fresh(void)
{
	struct agenda agenda;
	agenda_reset(&agenda);
	return agenda;
}

static void an_empty_agenda_asks_for_nothing(void **state)
{
	struct agenda agenda = fresh();
	(void)state;
	assert_int_equal(agenda_pick(&agenda, INT64_MAX - 1, 0, true), NOTHING);
	assert_int_equal(agenda_next(&agenda, 5, 0, true), AGENDA_NEVER);
}

static void reminders_come_first_then_edits_then_the_rest(void **state)
{
	struct agenda agenda = fresh();
	(void)state;
	for (enum agenda_kind kind = 0; kind < AGENDA_KINDS; kind++)
		agenda_set(&agenda, kind, true, AGENDA_NEVER);
	for (enum agenda_kind kind = 0; kind < AGENDA_KINDS; kind++) {
		assert_int_equal(agenda_pick(&agenda, 10, 0, true), kind);
		agenda_set(&agenda, kind, false, AGENDA_NEVER);
	}
	assert_int_equal(agenda_pick(&agenda, 10, 0, true), NOTHING);
}

static void what_lies_ahead_is_picked_at_its_instant_and_not_before(void **state)
{
	struct agenda agenda = fresh();
	(void)state;
	agenda_set(&agenda, AGENDA_GENERATE, false, 1000);
	agenda_set(&agenda, AGENDA_REMIND, false, 2000);
	assert_int_equal(agenda_next(&agenda, 10, 0, true), 1000);
	assert_int_equal(agenda_pick(&agenda, 999, 0, true), NOTHING);
	assert_int_equal(agenda_pick(&agenda, 1000, 0, true), AGENDA_GENERATE);
	assert_int_equal(agenda_next(&agenda, 1500, 0, true), 1500);
}

static void an_instant_is_served_once(void **state)
{
	struct agenda agenda = fresh();
	(void)state;
	agenda_set(&agenda, AGENDA_REMIND, false, 1000);
	assert_true(agenda_start(&agenda, AGENDA_REMIND, 1000).foreseen);
	assert_int_equal(agenda_pick(&agenda, 5000, 0, true), NOTHING);
	agenda_set(&agenda, AGENDA_REMIND, true, 9000);
	assert_false(agenda_start(&agenda, AGENDA_REMIND, 5000).foreseen);
	assert_int_equal(agenda_next(&agenda, 5000, 0, true), 5000);
}

static void attempts_in_vain_wait_twice_as_long_each_time_up_to_the_limit(void **state)
{
	static const usec_t pauses[] = { 20 * MS, 40 * MS, 80 * MS, 100 * MS, 100 * MS };
	struct agenda agenda = fresh();
	usec_t now = 7;
	(void)state;
	agenda_set(&agenda, AGENDA_GENERATE, true, AGENDA_NEVER);
	for (size_t i = 0; i < ARRAY_LEN(pauses); i++) {
		agenda_in_vain(&agenda, AGENDA_GENERATE, now, 20 * MS, 100 * MS);
		assert_int_equal(agenda_next(&agenda, now, 0, true), now + pauses[i]);
		assert_int_equal(agenda_pick(&agenda, now + pauses[i] - 1, 0, true), NOTHING);
		now += pauses[i];
		assert_int_equal(agenda_pick(&agenda, now, 0, true), AGENDA_GENERATE);
	}
	agenda_served(&agenda, AGENDA_GENERATE, &backlog, false);
	agenda_in_vain(&agenda, AGENDA_GENERATE, now, 20 * MS, 100 * MS);
	assert_int_equal(agenda_next(&agenda, now, 0, true), now + 20 * MS);
}

/* A locked row must not delay one that comes due meanwhile, nor another kind. */
static void a_pause_holds_up_nothing_else(void **state)
{
	struct agenda agenda = fresh();
	(void)state;
	agenda_set(&agenda, AGENDA_GENERATE, true, 500);
	agenda_in_vain(&agenda, AGENDA_GENERATE, 100, 10000, 10000);
	assert_int_equal(agenda_next(&agenda, 100, 0, true), 500);
	assert_int_equal(agenda_pick(&agenda, 500, 0, true), AGENDA_GENERATE);
	agenda_set(&agenda, AGENDA_REMIND, true, AGENDA_NEVER);
	assert_int_equal(agenda_pick(&agenda, 200, 0, true), AGENDA_REMIND);
}

static void a_second_connection_joins_only_where_there_is_plenty(void **state)
{
	struct agenda agenda = fresh();
	const unsigned generating = 1u << AGENDA_GENERATE;
	(void)state;
	agenda_set(&agenda, AGENDA_GENERATE, true, AGENDA_NEVER);
	assert_int_equal(agenda_pick(&agenda, 10, generating, true), NOTHING);
	agenda_served(&agenda, AGENDA_GENERATE, &backlog, true);
	assert_int_equal(agenda_pick(&agenda, 10, generating, true), AGENDA_GENERATE);
	agenda_in_vain(&agenda, AGENDA_GENERATE, 10, 5, 5);
	assert_int_equal(agenda_pick(&agenda, 20, generating, true), NOTHING);
	assert_int_equal(agenda_pick(&agenda, 20, 0, true), AGENDA_GENERATE);
	agenda_set(&agenda, AGENDA_REPLAN, true, AGENDA_NEVER);
	assert_int_equal(agenda_pick(&agenda, 20, generating, true), AGENDA_REPLAN);
}

/* What another connection is at wakes nobody; neither does what an old poll saw due. */
static void the_next_look_leaves_out_what_is_taken_or_old(void **state)
{
	struct agenda agenda = fresh();
	const unsigned generating = 1u << AGENDA_GENERATE;
	(void)state;
	agenda_set(&agenda, AGENDA_GENERATE, true, 900);
	agenda_set(&agenda, AGENDA_REMIND, false, 1000);
	assert_int_equal(agenda_next(&agenda, 10, 0, true), 10);
	assert_int_equal(agenda_next(&agenda, 10, 0, false), 900);
	assert_int_equal(agenda_next(&agenda, 10, generating, true), 1000);
	agenda_served(&agenda, AGENDA_GENERATE, &backlog, true);
	assert_int_equal(agenda_next(&agenda, 10, generating, true), 10);
}

/* A poll that met a lock forgot the pause, too: settling met the same lock at once, and told it anew. */
static void what_is_forgotten_is_not_forgiven(void **state)
{
	struct agenda agenda = fresh();
	(void)state;
	agenda_set(&agenda, AGENDA_REMIND, true, 5000);
	agenda_in_vain(&agenda, AGENDA_REMIND, 1000, 500, 60000);
	agenda_forget(&agenda);
	assert_int_equal(agenda_pick(&agenda, 9000, 0, true), NOTHING);
	agenda_set(&agenda, AGENDA_REMIND, true, AGENDA_NEVER);
	assert_int_equal(agenda_pick(&agenda, 1499, 0, true), NOTHING);
	assert_int_equal(agenda_pick(&agenda, 1500, 0, true), AGENDA_REMIND);
}

/* A night's backlog of templates delayed what came due in the morning by as long as it took. */
static void what_comes_due_during_a_backlog_has_every_other_turn(void **state)
{
	struct agenda agenda = fresh();
	(void)state;
	agenda_dates(&agenda, AGENDA_GENERATE, 1000, 10, 1500);
	agenda_set(&agenda, AGENDA_GENERATE, true, 500);
	struct agenda_task task = agenda_start(&agenda, AGENDA_GENERATE, 0);
	assert_false(task.fresh);
	assert_int_equal(task.from, 10);
	agenda_served(&agenda, AGENDA_GENERATE, &task, true);
	/* The poll after 1500 sees another row ahead; the one at 1500 is not forgotten. */
	agenda_dates(&agenda, AGENDA_GENERATE, 1600, 20, 1700);
	agenda_set(&agenda, AGENDA_GENERATE, true, 700);
	task = agenda_start(&agenda, AGENDA_GENERATE, 600);
	assert_true(task.fresh);
	assert_int_equal(task.from, 1500);
	assert_int_equal(task.oldest, 20);
	agenda_served(&agenda, AGENDA_GENERATE, &task, true);
	/* There were more than a batch of them; but the backlog has its turn. */
	task = agenda_start(&agenda, AGENDA_GENERATE, 650);
	assert_false(task.fresh);
	agenda_served(&agenda, AGENDA_GENERATE, &task, true);
	task = agenda_start(&agenda, AGENDA_GENERATE, 660);
	assert_true(task.fresh);
	agenda_served(&agenda, AGENDA_GENERATE, &task, false);
	assert_false(agenda_start(&agenda, AGENDA_GENERATE, 670).fresh);
	/* Foreseen, and come: no poll between. */
	task = agenda_start(&agenda, AGENDA_GENERATE, 700);
	assert_true(task.foreseen && task.fresh);
	assert_int_equal(task.from, 1700);
	agenda_served(&agenda, AGENDA_GENERATE, &task, false);
	assert_true(agenda.items[AGENDA_GENERATE].plenty);
}

static void without_a_backlog_nothing_is_fresh(void **state)
{
	struct agenda agenda = fresh();
	(void)state;
	agenda_dates(&agenda, AGENDA_REMIND, 1000, 1500, 1500);
	agenda_set(&agenda, AGENDA_REMIND, false, 500);
	struct agenda_task task = agenda_start(&agenda, AGENDA_REMIND, 500);
	assert_true(task.foreseen && !task.fresh);
	assert_int_equal(task.from, 1500);
	agenda_served(&agenda, AGENDA_REMIND, &task, false);
	agenda_dates(&agenda, AGENDA_REMIND, 2000, 1500, AGENDA_NEVER);
	assert_false(agenda_start(&agenda, AGENDA_REMIND, 900).fresh);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_agenda_asks_for_nothing),
		cmocka_unit_test(reminders_come_first_then_edits_then_the_rest),
		cmocka_unit_test(what_lies_ahead_is_picked_at_its_instant_and_not_before),
		cmocka_unit_test(an_instant_is_served_once),
		cmocka_unit_test(attempts_in_vain_wait_twice_as_long_each_time_up_to_the_limit),
		cmocka_unit_test(a_pause_holds_up_nothing_else),
		cmocka_unit_test(a_second_connection_joins_only_where_there_is_plenty),
		cmocka_unit_test(the_next_look_leaves_out_what_is_taken_or_old),
		cmocka_unit_test(what_is_forgotten_is_not_forgiven),
		cmocka_unit_test(what_comes_due_during_a_backlog_has_every_other_turn),
		cmocka_unit_test(without_a_backlog_nothing_is_fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
