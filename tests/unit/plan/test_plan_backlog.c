/* plan: what was missed.  catch_up_limit, batches, PLAN_STEPS, adoption. */
#include "plan/sim.h"

#include <stdlib.h>

#define DAILY    "{\"frequency\":\"daily\"}"
#define MINUTELY "{\"rrule\":\"FREQ=MINUTELY\"}"
#define HOURLY   "{\"rrule\":\"FREQ=HOURLY\"}"

/* ---- catch_up_limit ---- */

static const struct {
	const char *words;
	size_t limit;
	const char *now, *wanted;
} catch_ups[] = {
	{ "one fewer than the limit", 3, "01-07T10:00",
		"01-06T10:00 01-07T10:00 | next 01-08T10:00" },
	{ "the limit itself", 3, "01-08T10:00",
		"01-06T10:00 01-07T10:00 01-08T10:00 | next 01-09T10:00" },
	{ "one more: the oldest is dropped", 3, "01-09T10:00",
		"01-07T10:00 01-08T10:00 01-09T10:00 | dropped 1 | next 01-10T10:00" },
	{ "a limit of one keeps the newest", 1, "01-20T10:00",
		"01-20T10:00 | dropped 14 | next 01-21T10:00" },
	{ "many more", 3, "2026-01-06T10:00",
		"2026-01-04T10:00 2026-01-05T10:00 2026-01-06T10:00 | dropped 363 | next "
		"2026-01-07T10:00" },
};

static void the_newest_are_made_and_the_rest_is_dropped(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(catch_ups); i++) {
		struct sim sim;
		sim_init(&sim, DAILY, "01-06T10:00");
		sim.policy.catch_up_limit = catch_ups[i].limit;
		sim_run(&sim, catch_ups[i].now);
		sim_expect(&sim, catch_ups[i].words, catch_ups[i].wanted);
	}
}

static void what_is_dropped_is_told_with_its_ends(void **state)
{
	struct sim sim;
	struct plan plan;
	(void)state;
	sim_init(&sim, DAILY, "01-06T10:00");
	sim.policy.catch_up_limit = 2;
	plan_make(&sim.row, at("01-09T12:00"), &sim.policy, 1000, &plan);
	struct plan_skipped dropped = plan_skipped(&plan, FATE_DROPPED);
	assert_int_equal(dropped.occurrences, 2);
	assert_true(dropped.first_at == at("01-06T10:00") && dropped.last_at == at("01-07T10:00"));
	assert_int_equal(plan.used_count, 4);
	assert_true(plan.made_through == at("01-09T10:00"));
	plan_finish(&plan);
}

static void dropped_ones_use_up_count(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, "{\"frequency\":\"daily\",\"count\":5}", "01-06T10:00");
	sim.policy.catch_up_limit = 2;
	sim_run(&sim, "02-01T00:00");
	sim_expect(&sim, "the last two of five",
		"01-09T10:00 01-10T10:00 | dropped 3 | ended 01-10T10:00");
}

static void paused_ones_are_none_of_the_newest(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, DAILY, "01-06T10:00");
	sim.policy.catch_up_limit = 3;
	sim_pause(&sim, "01-08T00:00");
	sim_resume(&sim, "01-18T00:00");
	sim_run(&sim, "01-19T12:00");
	sim_expect(&sim, "one before the pause, two after it",
		"01-07T10:00 01-18T10:00 01-19T10:00 | dropped 1 | paused 10 | next 01-20T10:00");
}

/* ---- batches ---- */

static void the_end_comes_with_the_write_that_makes_the_last(void **state)
{
	struct sim sim;
	struct plan plan;
	(void)state;
	sim_init(&sim, "{\"frequency\":\"daily\",\"count\":4}", "01-06T10:00");
	plan_make(&sim.row, at("02-01T00:00"), &sim.policy, 3, &plan);
	assert_true(plan.is_active && plan.turn == PLAN_GOES_ON && plan.made_n == 3);
	assert_true(plan.next_due_at == at("01-09T10:00"));
	sim_write(&sim, &plan);
	plan_finish(&plan);
	plan_make(&sim.row, at("02-01T00:00"), &sim.policy, 1, &plan);
	assert_true(!plan.is_active && plan.turn == PLAN_ENDS && plan.made_n == 1);
	assert_true(plan.next_due_at == at("01-09T10:00") && plan.ended_at == at("02-01T00:00"));
	plan_finish(&plan);
}

/* Same state, same occurrences, same account, whatever the batches. */
static void assert_same(const char *words, size_t limit, struct sim *one, struct sim *many)
{
	bool same = one->made_n == many->made_n &&
		    memcmp(one->made, many->made, one->made_n * sizeof(one->made[0])) == 0 &&
		    memcmp(one->skipped, many->skipped, sizeof(one->skipped)) == 0 &&
		    one->row.next_due_at == many->row.next_due_at &&
		    one->row.planned_due_at == many->row.planned_due_at &&
		    one->row.made_through == many->row.made_through &&
		    one->row.used_count == many->row.used_count &&
		    one->row.ended_at == many->row.ended_at &&
		    one->row.starts_local == many->row.starts_local;
	if (!same)
		fail_msg("%s: batches of %zu make %zu, next %s; one batch %zu, next %s", words,
			limit, many->made_n, short_instant(many->row.next_due_at), one->made_n,
			short_instant(one->row.next_due_at));
}

static const struct {
	const char *words, *rule;
	size_t catch_up;
	enum plan_backlog backlog;
	const char *live_since; /* NULL: long ago */
	bool paused;
} backlogs[] = {
	{ "plain", DAILY, 100, PLAN_BACKLOG_LATEST, NULL, false },
	{ "dropped", DAILY, 7, PLAN_BACKLOG_LATEST, NULL, false },
	{ "count", "{\"frequency\":\"daily\",\"count\":20}", 7, PLAN_BACKLOG_LATEST, NULL, false },
	{ "until", "{\"frequency\":\"daily\",\"end_date\":\"2025-01-20T10:00:00Z\"}", 100,
		PLAN_BACKLOG_LATEST, NULL, false },
	{ "paused", DAILY, 100, PLAN_BACKLOG_LATEST, NULL, true },
	{ "paused and dropped", DAILY, 15, PLAN_BACKLOG_LATEST, NULL, true },
	{ "adopted, latest", DAILY, 100, PLAN_BACKLOG_LATEST, "01-20T00:00", false },
	{ "adopted, none", DAILY, 100, PLAN_BACKLOG_NONE, "01-20T00:00", false },
	{ "adopted, all", DAILY, 100, PLAN_BACKLOG_ALL, "01-20T00:00", false },
	{ "adopted, paused", DAILY, 100, PLAN_BACKLOG_LATEST, "01-20T00:00", true },
	{ "adopted, dropped", DAILY, 5, PLAN_BACKLOG_LATEST, "01-20T00:00", false },
	{ "hourly, farther than one call looks", HOURLY, 100, PLAN_BACKLOG_LATEST, NULL, false },
	{ "hourly, adopted", HOURLY, 500, PLAN_BACKLOG_LATEST, "02-20T00:00", false },
};

static void small_batches_make_what_one_large_makes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(backlogs); i++) {
		static struct sim one;
		sim_init(&one, backlogs[i].rule, "01-06T10:00");
		one.policy.catch_up_limit = backlogs[i].catch_up;
		one.policy.adopt_backlog = backlogs[i].backlog;
		if (backlogs[i].live_since)
			one.policy.live_since = at(backlogs[i].live_since);
		if (backlogs[i].paused) {
			one.row.paused_at = at("01-10T00:00");
			one.row.resumed_at = at("01-15T00:00");
		}
		static const size_t limits[] = { 1, 2, 3, 10, 99, 100 };
		struct sim *many = malloc(sizeof(*many));
		struct sim *whole = malloc(sizeof(*whole));
		*whole = one;
		sim_run_in_batches(whole, at("03-01T12:00"), 1000);
		for (size_t l = 0; l < ARRAY_LEN(limits); l++) {
			*many = one;
			sim_run_in_batches(many, at("03-01T12:00"), limits[l]);
			assert_true(many->most_in_a_call <= limits[l]);
			assert_same(backlogs[i].words, limits[l], whole, many);
		}
		free(many);
		free(whole);
	}
}

static void a_minutely_rule_months_behind_keeps_the_newest_and_counts_the_rest(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, MINUTELY, "01-01T00:00");
	sim_run(&sim, "04-11T00:00"); /* 100 days */
	sim_expect(&sim, "100 days of minutes",
		"100: 04-10T22:21 .. 04-11T00:00 | dropped 143901 | next 04-11T00:01");
	assert_int_equal(sim.row.used_count, 144001);
	assert_true(sim.calls <= 144001 / PLAN_STEPS + 2);
}

static void a_truncated_backlog_ends_with_count(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, "{\"rrule\":\"FREQ=MINUTELY;COUNT=5000\"}", "01-01T00:00");
	sim_run(&sim, "04-11T00:00");
	sim_expect(&sim, "5000 minutes, the newest 100 of them",
		"100: 01-04T09:40 .. 01-04T11:19 | dropped 4900 | ended 01-04T11:19");
}

/* ---- farther behind than anybody can be in earnest ---- */

static const struct {
	const char *words, *rule, *due, *now, *first, *last;
	size_t made;
} absurd[] = {
	{ "every minute since the year 1", MINUTELY, "0001-01-01T00:00", "01-06T10:00",
		"01-06T08:21", "01-06T10:00", 100 },
	{ "every hour since the year 1", HOURLY, "0001-01-01T00:00", "01-06T10:30", "01-02T07:00",
		"01-06T10:00", 100 },
	{ "every minute, but only in Februaries, which are long ago in October",
		"{\"rrule\":\"FREQ=MINUTELY;BYMONTH=2\"}", "1900-02-01T00:00", "10-06T10:00",
		"02-28T22:20", "02-28T23:59", 100 },
	{ "a COUNT beyond all counting", "{\"rrule\":\"FREQ=MINUTELY;COUNT=2000000000\"}",
		"0001-01-01T00:00", "01-06T10:00", "01-06T08:21", "01-06T10:00", 100 },
	{ "over since a long time", "{\"rrule\":\"FREQ=MINUTELY;UNTIL=19900101T000000Z\"}",
		"0001-01-01T00:00", "01-06T10:00", "1989-12-31T22:21", "1990-01-01T00:00", 100 },
	{ "until is exact all the same", "{\"rrule\":\"FREQ=MINUTELY;UNTIL=20241224T180000Z\"}",
		"1970-01-01T00:00", "01-06T10:00", "2024-12-24T16:21", "2024-12-24T18:00", 100 },
};

/* Whatever a row says, it is up to date after a few calls, with the newest that were missed. */
static void nobody_keeps_a_worker_busy_with_the_past(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(absurd); i++) {
		struct sim sim;
		sim_init(&sim, absurd[i].rule, absurd[i].due);
		sim_run(&sim, absurd[i].now);
		if (sim.failed || sim.made_n != absurd[i].made || sim.calls > 260 ||
			sim.made[0] != at(absurd[i].first) ||
			sim.made[sim.made_n - 1] != at(absurd[i].last))
			fail_msg("%s: %zu made, from %s to %s, in %zu calls %s", absurd[i].words,
				sim.made_n, short_instant(sim.made[0]),
				short_instant(sim.made[sim.made_n - 1]), sim.calls, sim.failure);
		assert_int_equal(sim.row.used_count, sim.skipped[FATE_DROPPED] + 100);
	}
}

static void what_is_passed_over_is_estimated_and_said_to_be(void **state)
{
	struct sim sim;
	struct plan plan;
	(void)state;
	sim_init(&sim, MINUTELY, "2000-01-01T00:00");
	plan_make(&sim.row, at("01-01T00:00"), &sim.policy, 1000, &plan);
	struct plan_skipped dropped = plan_skipped(&plan, FATE_DROPPED);
	assert_true(dropped.estimated && plan.made_n == 0);
	assert_true(dropped.first_at == at("2000-01-01T00:00"));
	assert_true(dropped.last_at == plan.made_through);
	int64_t minutes = (plan.made_through - dropped.first_at) / (60 * USEC_PER_SEC);
	assert_in_range(dropped.occurrences, minutes - 2, minutes + 2);
	plan_finish(&plan);
}

static void a_long_past_is_adopted_at_a_jump(void **state)
{
	static const struct {
		enum plan_backlog backlog;
		size_t made;
	} cases[] = { { PLAN_BACKLOG_LATEST, 1 }, { PLAN_BACKLOG_NONE, 0 },
		{ PLAN_BACKLOG_ALL, 100 } };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct sim sim;
		sim_init(&sim, MINUTELY, "1900-01-01T00:00");
		sim.row.created_at = at("2024-01-01T00:00");
		sim.policy.live_since = at("01-11T00:00");
		sim.policy.adopt_backlog = cases[i].backlog;
		sim_run(&sim, "01-11T00:00");
		assert_int_equal(sim.made_n, cases[i].made);
		assert_true(sim.made_n == 0 || sim.made[sim.made_n - 1] == at("01-11T00:00"));
		assert_true(sim.row.next_due_at == at("01-11T00:01") && sim.calls < 10);
	}
}

static void a_long_pause_is_passed_at_a_jump_and_what_lies_before_it_is_made(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, MINUTELY, "1990-01-01T00:00");
	sim.policy.catch_up_limit = 5;
	sim.row.paused_at = at("2000-01-01T00:00:30");
	sim.row.resumed_at = at("01-06T10:00:30");
	sim_run(&sim, "01-06T10:02");
	assert_int_equal(sim.made_n, 7); /* five before the pause, two after it */
	assert_true(sim.made[4] == at("2000-01-01T00:00"));
	assert_true(sim.made[5] == at("01-06T10:01") && sim.made[6] == at("01-06T10:02"));
	assert_true(sim.skipped[FATE_PAUSED] > 13000000 && sim.calls < 20);
}

static void new_occurrences_between_batches_are_made_too(void **state)
{
	struct sim sim;
	struct plan plan;
	(void)state;
	sim_init(&sim, MINUTELY, "01-06T10:00");
	plan_make(&sim.row, at("01-06T10:05"), &sim.policy, 2, &plan);
	sim_write(&sim, &plan);
	plan_finish(&plan);
	sim_run(&sim, "01-06T10:07");
	sim_expect(&sim, "a slow worker",
		"01-06T10:00 01-06T10:01 01-06T10:02 01-06T10:03 01-06T10:04 01-06T10:05 "
		"01-06T10:06 "
		"01-06T10:07 | next 01-06T10:08");
}

/* ---- adoption ---- */

static const struct {
	const char *words;
	enum plan_backlog backlog;
	const char *due, *created, *now, *wanted;
} adoptions[] = {
	{ "latest", PLAN_BACKLOG_LATEST, "01-06T10:00", "2024-06-01T00:00", "01-20T12:00",
		"01-20T10:00 | adopted 14 | next 01-21T10:00" },
	{ "none", PLAN_BACKLOG_NONE, "01-06T10:00", "2024-06-01T00:00", "01-20T12:00",
		"| adopted 15 | next 01-21T10:00" },
	{ "all", PLAN_BACKLOG_ALL, "01-18T10:00", "2024-06-01T00:00", "01-20T12:00",
		"01-18T10:00 01-19T10:00 01-20T10:00 | next 01-21T10:00" },
	{ "latest is of what lies before the first start; later ones are ordinary",
		PLAN_BACKLOG_LATEST, "01-06T10:00", "2024-06-01T00:00", "01-22T12:00",
		"01-20T10:00 01-21T10:00 01-22T10:00 | adopted 14 | next 01-23T10:00" },
	{ "none, and later ones", PLAN_BACKLOG_NONE, "01-06T10:00", "2024-06-01T00:00",
		"01-22T12:00", "01-21T10:00 01-22T10:00 | adopted 15 | next 01-23T10:00" },
	{ "only one was missed: latest is that one", PLAN_BACKLOG_LATEST, "01-20T10:00",
		"2024-06-01T00:00", "01-20T12:00", "01-20T10:00 | next 01-21T10:00" },
	{ "due at the very instant of the first start is not before it", PLAN_BACKLOG_NONE,
		"01-20T12:00", "2024-06-01T00:00", "01-20T12:00",
		"01-20T12:00 | next 01-21T12:00" },
	{ "created later, back-dated: ordinary catch-up", PLAN_BACKLOG_NONE, "01-18T10:00",
		"01-20T12:00:01", "01-20T12:00:01",
		"01-18T10:00 01-19T10:00 01-20T10:00 | next 01-21T10:00" },
	{ "due after the first start: ordinary", PLAN_BACKLOG_NONE, "01-21T10:00",
		"2024-06-01T00:00", "01-21T10:00", "01-21T10:00 | next 01-22T10:00" },
};

static void templates_of_before_follow_adopt_backlog(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(adoptions); i++) {
		struct sim sim;
		sim_init(&sim, DAILY, adoptions[i].due);
		sim.policy.live_since = at("01-20T12:00");
		sim.policy.adopt_backlog = adoptions[i].backlog;
		sim.row.created_at = at(adoptions[i].created);
		sim_run(&sim, adoptions[i].now);
		sim_expect(&sim, adoptions[i].words, adoptions[i].wanted);
	}
}

static void adoption_happens_once(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, DAILY, "01-06T10:00");
	sim.policy.live_since = at("01-20T12:00");
	sim.policy.adopt_backlog = PLAN_BACKLOG_NONE;
	sim_run(&sim, "01-20T12:00");
	sim_expect(&sim, "adopted", "| adopted 15 | next 01-21T10:00");
	sim_run(&sim, "01-23T12:00");
	sim_expect(&sim, "from then on downtime is downtime",
		"01-21T10:00 01-22T10:00 01-23T10:00 | next 01-24T10:00");
}

static void an_adopted_rule_that_is_over_ends(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, "{\"frequency\":\"daily\",\"end_date\":\"2025-01-08T10:00:00Z\"}",
		"01-06T10:00");
	sim.policy.live_since = at("01-20T12:00");
	sim.policy.adopt_backlog = PLAN_BACKLOG_NONE;
	sim_run(&sim, "01-20T12:00");
	sim_expect(&sim, "none", "| adopted 3 | ended 01-08T10:00");
}

static void a_long_backlog_is_adopted_in_several_calls(void **state)
{
	static const struct {
		enum plan_backlog backlog;
		const char *wanted;
	} cases[] = {
		{ PLAN_BACKLOG_LATEST, "01-11T00:00 | adopted 14400 | next 01-11T00:01" },
		{ PLAN_BACKLOG_NONE, "| adopted 14401 | next 01-11T00:01" },
		{ PLAN_BACKLOG_ALL,
			"100: 01-10T22:21 .. 01-11T00:00 | dropped 14301 | next 01-11T00:01" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct sim sim;
		sim_init(&sim, MINUTELY, "01-01T00:00");
		sim.policy.live_since = at("01-11T00:00");
		sim.policy.adopt_backlog = cases[i].backlog;
		sim_run(&sim, "01-11T00:00");
		sim_expect(&sim, "ten days of minutes", cases[i].wanted);
		assert_true(sim.calls > 10);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_newest_are_made_and_the_rest_is_dropped),
		cmocka_unit_test(what_is_dropped_is_told_with_its_ends),
		cmocka_unit_test(dropped_ones_use_up_count),
		cmocka_unit_test(paused_ones_are_none_of_the_newest),
		cmocka_unit_test(the_end_comes_with_the_write_that_makes_the_last),
		cmocka_unit_test(small_batches_make_what_one_large_makes),
		cmocka_unit_test(
			a_minutely_rule_months_behind_keeps_the_newest_and_counts_the_rest),
		cmocka_unit_test(a_truncated_backlog_ends_with_count),
		cmocka_unit_test(nobody_keeps_a_worker_busy_with_the_past),
		cmocka_unit_test(what_is_passed_over_is_estimated_and_said_to_be),
		cmocka_unit_test(a_long_past_is_adopted_at_a_jump),
		cmocka_unit_test(a_long_pause_is_passed_at_a_jump_and_what_lies_before_it_is_made),
		cmocka_unit_test(new_occurrences_between_batches_are_made_too),
		cmocka_unit_test(templates_of_before_follow_adopt_backlog),
		cmocka_unit_test(adoption_happens_once),
		cmocka_unit_test(an_adopted_rule_that_is_over_ends),
		cmocka_unit_test(a_long_backlog_is_adopted_in_several_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
