/* retry: how many rows of a cause are tried, and when again; how a kind of work is tried after a failure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "job/hunt.h"

#define MS  USEC_PER_MSEC
#define SEC USEC_PER_SEC

/* ---- rows ---- */

static const struct {
	const char *story;
	enum waiting_why why;
	int tries;
	size_t full, rows;
} groups[] = {
	{ "held: all of them, whatever came before", WAITING_HELD, 0, 1000, 1000 },
	{ "held, for long", WAITING_HELD, 1000, 1000, 1000 },
	{ "refused: the last try worked, so all", WAITING_REFUSED, 0, 1000, 1000 },
	{ "refused: probes", WAITING_REFUSED, 1, 1000, RETRY_PROBES },
	{ "refused, for long: probes", WAITING_REFUSED, 1000000, 1000, RETRY_PROBES },
	{ "refused, a small batch", WAITING_REFUSED, 1, 5, 5 },
	{ "killing: the group of the batch", WAITING_KILLING, 0, 1000, HUNT_SUSPECTS },
	{ "killing: halves", WAITING_KILLING, 1, 1000, HUNT_SUSPECTS / 2 },
	{ "killing: two", WAITING_KILLING, 5, 1000, 2 },
	{ "killing: alone", WAITING_KILLING, 6, 1000, 1 },
	{ "killing: proven", WAITING_KILLING, 7, 1000, 1 },
	{ "killing: for ever", WAITING_KILLING, INT32_MAX, 1000, 1 },
	{ "killing, a small batch", WAITING_KILLING, 0, 10, 10 },
	{ "killing, batches of one", WAITING_KILLING, 3, 1, 1 },
};

static void how_many_are_tried_together(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
		size_t rows = retry_rows(groups[i].why, groups[i].tries, groups[i].full);
		if (rows != groups[i].rows)
			fail_msg("%s: %zu, not %zu", groups[i].story, rows, groups[i].rows);
	}
}

/* ---- pauses ---- */

static const struct {
	const char *story;
	enum waiting_why why;
	int tries;
	usec_t took, pause;
} pauses[] = {
	{ "held", WAITING_HELD, 1, 0, 100 * MS },
	{ "held, the second time", WAITING_HELD, 2, 0, 200 * MS },
	{ "held, the fourth time: the limit", WAITING_HELD, 4, 0, 500 * MS },
	{ "held, for hours", WAITING_HELD, INT32_MAX, 0, 500 * MS },
	{ "held, and a pass takes long", WAITING_HELD, 9, 100 * MS, 1000 * MS },
	{ "refused", WAITING_REFUSED, 1, 0, 1 * SEC },
	{ "refused, the second time", WAITING_REFUSED, 2, 0, 2 * SEC },
	{ "refused, the sixth time", WAITING_REFUSED, 6, 0, 32 * SEC },
	{ "refused, the seventh time: the limit", WAITING_REFUSED, 7, 0, 60 * SEC },
	{ "refused, for weeks", WAITING_REFUSED, INT32_MAX, 0, 60 * SEC },
	{ "refused, and probes are dear", WAITING_REFUSED, 1, 500 * MS, 5 * SEC },
	{ "killing, proven", WAITING_KILLING, 7, 0, 10 * SEC },
	{ "killing, proven twice", WAITING_KILLING, 8, 0, 20 * SEC },
	{ "killing: the limit", WAITING_KILLING, 13, 0, 600 * SEC },
	{ "killing, for ever", WAITING_KILLING, INT32_MAX, 0, 600 * SEC },
};

static void how_long_they_wait_then(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pauses); i++) {
		usec_t pause = retry_pause(pauses[i].why, pauses[i].tries, pauses[i].took);
		if (pause != pauses[i].pause)
			fail_msg("%s: %lld ms, not %lld", pauses[i].story, (long long)(pause / MS),
				(long long)(pauses[i].pause / MS));
	}
}

/* The share that is promised: a tenth, unless a mend would be noticed too late then. */
static void a_cause_takes_no_more_than_its_share_of_the_time(void **state)
{
	(void)state;
	for (int why = WAITING_HELD; why <= WAITING_REFUSED; why++) {
		for (int tries = 1; tries < 20; tries++) {
			usec_t most = why == WAITING_HELD ? HUNT_HELD_SHARE_MAX : 60 * SEC;
			for (usec_t took = 0; took < 20 * SEC; took += 7 * MS) {
				usec_t share = took * RETRY_SHARE < most ? took * RETRY_SHARE
									 : most;
				assert_true(
					retry_pause((enum waiting_why)why, tries, took) >= share);
			}
		}
	}
}

static void pauses_never_shrink_while_nothing_changes(void **state)
{
	(void)state;
	for (int why = WAITING_HELD; why <= WAITING_KILLING; why++) {
		usec_t before = 0;
		for (int tries = 1; tries < 100; tries++) {
			usec_t pause = retry_pause((enum waiting_why)why, tries, 3 * MS);
			assert_true(pause > 0 && pause >= before);
			before = pause;
		}
	}
}

static void the_names_of_the_reasons_are_those_of_the_table(void **state)
{
	enum waiting_why why;
	(void)state;
	for (int i = WAITING_HELD; i <= WAITING_KILLING; i++) {
		assert_true(waiting_why_parse(waiting_why_name((enum waiting_why)i), &why));
		assert_int_equal(why, i);
	}
	assert_string_equal(waiting_why_name(WAITING_HELD), "held");
	assert_string_equal(waiting_why_name(WAITING_REFUSED), "refused");
	assert_string_equal(waiting_why_name(WAITING_KILLING), "killing");
	assert_false(waiting_why_parse("", &why));
	assert_false(waiting_why_parse("Held", &why));
	assert_false(waiting_why_parse(NULL, &why));
}

/* ---- plain and careful ---- */

static void a_failure_makes_the_next_batches_careful_and_successes_wear_it_off(void **state)
{
	struct hunt hunt = { 0 };
	(void)state;
	hunt_failed(&hunt);
	for (int i = 0; i < HUNT_CAREFUL; i++) {
		assert_true(hunt.careful > 0);
		hunt_worked(&hunt);
	}
	assert_int_equal(hunt.careful, 0);
	hunt_worked(&hunt);
	assert_int_equal(hunt.careful, 0);
}

static void wear_off(struct hunt *hunt)
{
	for (int i = 0; i < HUNT_CAREFUL; i++)
		hunt_worked(hunt);
}

static void one_lost_session_blames_nobody_the_second_its_few_rows(void **state)
{
	struct hunt hunt = { 0 };
	(void)state;
	assert_int_equal(hunt_limit(&hunt, 1000), 1000);
	assert_false(hunt_lost(&hunt, 1000, hunt.losses));
	assert_int_equal(hunt_limit(&hunt, 1000), HUNT_SUSPECTS);
	assert_int_equal(hunt_limit(&hunt, 10), 10);
	assert_true(hunt_lost(&hunt, HUNT_SUSPECTS, hunt.losses));
	wear_off(&hunt);
	assert_int_equal(hunt_limit(&hunt, 1000), 1000);
	assert_false(hunt_lost(
		&hunt, HUNT_SUSPECTS, hunt.losses)); /* the others were none of its doing */
}

static void large_batches_are_never_suspects(void **state)
{
	struct hunt hunt = { 0 };
	(void)state;
	for (int i = 0; i < 5; i++)
		assert_false(hunt_lost(&hunt, HUNT_SUSPECTS + 1, hunt.losses));
}

/* A lost session, and a plain batch of few rows that is lost, too: nobody knows by which of both. */
static void a_plain_batch_of_few_rows_is_not_yet_suspect(void **state)
{
	struct hunt hunt = { 0 };
	(void)state;
	assert_false(hunt_lost(&hunt, 3, hunt.losses));
	assert_true(hunt_lost(&hunt, 3, hunt.losses));
}

static void what_looks_like_the_servers_trouble_is_blamed_on_rows_the_second_time(void **state)
{
	struct hunt hunt = { 0 };
	(void)state;
	assert_false(hunt_blames(&hunt, true));
	assert_true(hunt_blames(&hunt, true));
	assert_true(hunt_blames(&hunt, true));
	wear_off(&hunt);
	assert_false(hunt_blames(&hunt, true));
	assert_true(hunt_blames(&hunt, false)); /* some were written, so it is these */
	assert_false(hunt_blames(&hunt, true));
}

/* What comes due during a backlog has every other batch, and its rows are good: that must not forget time
 * and again what the batches of the backlog have met. */
static void batches_of_good_rows_in_between_are_no_excuse_for_bad_ones(void **state)
{
	struct hunt hunt = { 0 };
	(void)state;
	hunt_failed(&hunt);
	assert_false(hunt_blames(&hunt, true));
	hunt_failed(&hunt);
	hunt_worked(&hunt);
	assert_true(hunt_blames(&hunt, true));
	wear_off(&hunt);
	assert_false(hunt_lost(&hunt, 1000, hunt.losses));
	hunt_worked(&hunt);
	assert_int_equal(hunt_limit(&hunt, 1000), HUNT_SUSPECTS);
	assert_true(hunt_lost(&hunt, HUNT_SUSPECTS, hunt.losses));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(how_many_are_tried_together),
		cmocka_unit_test(how_long_they_wait_then),
		cmocka_unit_test(a_cause_takes_no_more_than_its_share_of_the_time),
		cmocka_unit_test(pauses_never_shrink_while_nothing_changes),
		cmocka_unit_test(the_names_of_the_reasons_are_those_of_the_table),
		cmocka_unit_test(
			a_failure_makes_the_next_batches_careful_and_successes_wear_it_off),
		cmocka_unit_test(one_lost_session_blames_nobody_the_second_its_few_rows),
		cmocka_unit_test(large_batches_are_never_suspects),
		cmocka_unit_test(a_plain_batch_of_few_rows_is_not_yet_suspect),
		cmocka_unit_test(
			what_looks_like_the_servers_trouble_is_blamed_on_rows_the_second_time),
		cmocka_unit_test(batches_of_good_rows_in_between_are_no_excuse_for_bad_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
