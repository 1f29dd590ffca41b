/* agenda: who gets how much of the time, and waits how long for it.
 *
 * One lane over virtual time.  Everything has a backlog, or comes due by itself; after every run the poll's
 * answer is old, as in the scheduler. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "svc/agenda_sim.h"

#define KINDS_MAX 8
#define POLL_COST (2 * MS)

struct kind {
	const char *name;
	usec_t cost; /* of a run */
	usec_t every; /* a row comes due so often, and the poll foresees the next; 0: none is ahead */
	bool idle; /* no backlog */
	/* What came of it. */
	usec_t spent, last, longest;
	int runs;
};

struct flood {
	struct sim sim;
	struct kind *kinds;
	size_t n;
	usec_t now;
};

static struct kind *kind_of(struct flood *flood, const struct job *job)
{
	size_t i = 0;
	while (strcmp(flood->kinds[i].name, job->name) != 0)
		i++;
	return &flood->kinds[i];
}

/* What it says was true when it was sent. */
static void poll(struct flood *flood)
{
	usec_t sent_at = flood->now;
	flood->now += POLL_COST;
	for (size_t i = 0; i < flood->n; i++) {
		const struct kind *kind = &flood->kinds[i];
		usec_t next = kind->every ? sent_at - sent_at % kind->every + kind->every
					  : AGENDA_NEVER;
		usec_t oldest = kind->idle ? AGENDA_NEVER : 0;
		sim_see(&flood->sim, kind->name, sent_at, oldest, next);
	}
	flood->sim.agenda.polled = true;
	flood->sim.shared.poll_at = flood->now + USEC_PER_SEC;
}

static void run(struct flood *flood, struct kind *kind)
{
	struct job_order order = sim_start(&flood->sim, kind->name, flood->now);
	usec_t waited = flood->now - kind->last;
	if (waited > kind->longest)
		kind->longest = waited;
	usec_t cost = kind->cost / 2 + (usec_t)rand() % (kind->cost + 1);
	flood->now += cost;
	kind->spent += cost;
	kind->last = flood->now;
	kind->runs++;
	sim_served(&flood->sim, kind->name, &order, cost, !kind->idle);
	flood->sim.agenda.polled = false;
	flood->sim.shared.poll_at = 0;
}

static void work(struct flood *flood, usec_t until)
{
	while (flood->now < until) {
		const struct job *job = next_job(
			&flood->sim.agenda, &flood->sim.shared, flood->now);
		if (!job) {
			usec_t at = agenda_next(&flood->sim.agenda, &flood->sim.shared, flood->now);
			flood->now = at < until ? at : until;
		} else if (job->rank == JOB_POLL) {
			poll(flood);
		} else {
			run(flood, kind_of(flood, job));
		}
	}
}

static void begin(struct flood *flood, struct kind *kinds, size_t n)
{
	*flood = (struct flood){ .kinds = kinds, .n = n };
	srand(20);
	sim_init(&flood->sim);
	flood->sim.agenda.polled = false;
	flood->sim.shared.poll_at = 0;
}

/* The longest run of a kind: half as much again as the mean. */
static usec_t longest_run(const struct kind *kind)
{
	return kind->cost * 3 / 2 + POLL_COST;
}

/* Between two turns of a kind another one has at most its share of what two long runs of this kind take, by
 * weight, and one run more. */
static usec_t share_of(const struct kind *kind, const struct kind *other)
{
	usec_t round = 2 * longest_run(kind);
	usec_t share = round * job_find(other->name)->weight / job_find(kind->name)->weight;
	return share + longest_run(other);
}

/* The header's promise in figures: the others' shares, with a poll to each run, and before each run one of
 * what comes due by itself. */
static usec_t bound_of(const struct flood *flood, const struct kind *kind)
{
	usec_t bound = POLL_COST, runs = 1, foreseen = 0;
	for (size_t i = 0; i < flood->n; i++) {
		const struct kind *other = &flood->kinds[i];
		if (other == kind)
			continue;
		bound += share_of(kind, other);
		runs += share_of(kind, other) / (other->cost / 2) + 1;
		if (other->every && longest_run(other) > foreseen)
			foreseen = longest_run(other);
	}
	return bound + runs * (POLL_COST + foreseen);
}

static void check_waits(const struct flood *flood)
{
	for (size_t i = 0; i < flood->n; i++) {
		const struct kind *kind = &flood->kinds[i];
		usec_t waits = flood->now - kind->last, bound = bound_of(flood, kind);
		usec_t longest = waits > kind->longest ? waits : kind->longest;
		if (longest > bound)
			fail_msg("%s: %d turns, the longest wait %lld ms, the bound %lld ms",
				kind->name, kind->runs, (long long)(longest / MS),
				(long long)(bound / MS));
	}
}

static void check_shares(const struct flood *flood, int per_cent)
{
	usec_t spent = 0;
	int weights = 0;
	for (size_t i = 0; i < flood->n; i++) {
		spent += flood->kinds[i].spent;
		weights += job_find(flood->kinds[i].name)->weight;
	}
	for (size_t i = 0; i < flood->n; i++) {
		const struct kind *kind = &flood->kinds[i];
		usec_t fair = spent * job_find(kind->name)->weight / weights;
		if (llabs(kind->spent - fair) * 100 > fair * per_cent)
			fail_msg("%s: %lld ms, its share is %lld ms", kind->name,
				(long long)(kind->spent / MS), (long long)(fair / MS));
	}
}

/* ---- the stories ---- */

static void each_kind_has_its_share_of_the_time_whatever_a_batch_of_it_takes(void **state)
{
	struct kind kinds[] = {
		{ .name = "remind", .cost = 30 * MS },
		{ .name = "replan", .cost = 200 * MS },
		{ .name = "generate", .cost = 60 * MS },
		{ .name = "retry remind", .cost = 100 * MS },
		{ .name = "retry replan", .cost = 5 * MS },
		{ .name = "retry generate", .cost = 20 * MS },
	};
	struct flood flood;
	(void)state;
	begin(&flood, kinds, ARRAY_LEN(kinds));
	work(&flood, 600 * USEC_PER_SEC);
	check_shares(&flood, 5);
	check_waits(&flood);
	sim_finish(&flood.sim);
}

/* The backlog of one kind must not cost the others their turns because its rows come due all the time. */
static void check_foreseen(usec_t every, usec_t cost)
{
	struct kind kinds[] = {
		{ .name = "remind", .cost = cost, .every = every },
		{ .name = "replan", .cost = 20 * MS },
		{ .name = "generate", .cost = 20 * MS },
		{ .name = "retry remind", .cost = 5 * MS },
		{ .name = "retry generate", .cost = 20 * MS },
	};
	struct flood flood;
	begin(&flood, kinds, ARRAY_LEN(kinds));
	work(&flood, 60 * USEC_PER_SEC);
	check_waits(&flood);
	sim_finish(&flood.sim);
}

static void what_is_foreseen_all_the_time_takes_nobody_his_turn(void **state)
{
	static const usec_t paces[] = { USEC_PER_SEC, 50 * MS, 10 * MS, 3 * MS, 1 * MS };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(paces); i++)
		check_foreseen(paces[i], 8 * MS);
}

/* Whose clock has run ahead of all others is chosen out of turn: the others keep their places among each
 * other. */
static void what_is_foreseen_and_dear_takes_nobody_his_turn(void **state)
{
	static const usec_t paces[] = { USEC_PER_SEC, 300 * MS, 100 * MS, 20 * MS, 1 * MS };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(paces); i++)
		check_foreseen(paces[i], 200 * MS);
}

static void two_kinds_that_are_foreseen_all_the_time_leave_room_for_others(void **state)
{
	struct kind kinds[] = {
		{ .name = "remind", .cost = 8 * MS, .every = MS },
		{ .name = "generate", .cost = 40 * MS, .every = MS },
		{ .name = "replan", .cost = 40 * MS },
		{ .name = "retry remind", .cost = 5 * MS },
	};
	struct flood flood;
	(void)state;
	begin(&flood, kinds, ARRAY_LEN(kinds));
	work(&flood, 60 * USEC_PER_SEC);
	check_waits(&flood);
	sim_finish(&flood.sim);
}

static void who_comes_back_comes_at_once_but_has_saved_nothing_up(void **state)
{
	struct kind kinds[] = {
		{ .name = "remind", .cost = 20 * MS },
		{ .name = "generate", .cost = 20 * MS },
		{ .name = "replan", .cost = 20 * MS, .idle = true },
	};
	struct flood flood;
	(void)state;
	begin(&flood, kinds, ARRAY_LEN(kinds));
	work(&flood, 3600 * USEC_PER_SEC);
	assert_int_equal(kinds[2].runs, 0);
	kinds[2].idle = false;
	kinds[2].last = flood.now;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		kinds[i].spent = kinds[i].longest = 0;
	work(&flood, flood.now + longest_run(&kinds[0]) + 2 * POLL_COST);
	assert_int_equal(kinds[2].runs, 1);
	work(&flood, 3660 * USEC_PER_SEC);
	check_shares(&flood, 5); /* not more, after an hour of nothing */
	check_waits(&flood);
	sim_finish(&flood.sim);
}

/* One run that took very long is paid for, but not by waiting while nobody else has something to do. */
static void a_run_that_took_long_is_paid_for_only_while_others_want_the_time(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim);
	sim_due(&sim, "generate");
	sim_run(&sim, "generate", 0, 30 * USEC_PER_SEC, true);
	assert_string_equal(sim_next(&sim, 30 * USEC_PER_SEC), "generate");
	sim_due(&sim, "retry remind");
	assert_string_equal(sim_next(&sim, 30 * USEC_PER_SEC), "retry remind");
	sim_finish(&sim);
}

/* ---- a backlog, and what comes due meanwhile ---- */

/* A night's backlog of templates delayed what came due in the morning by as long as it took. */
static void what_comes_due_during_a_backlog_has_every_other_turn(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim);
	sim_see(&sim, "generate", 500, 10, 1500);
	struct job_order order = sim_start(&sim, "generate", 500);
	assert_false(order.fresh);
	assert_int_equal(order.from, 10);
	sim_served(&sim, "generate", &order, MS, true);
	/* The poll after 1500 sees another row ahead; the one at 1500 is not forgotten. */
	sim_see(&sim, "generate", 1600, 20, 1700);
	order = sim_start(&sim, "generate", 1600);
	assert_true(order.fresh);
	assert_int_equal(order.from, 1500);
	assert_int_equal(order.oldest, 20);
	sim_served(&sim, "generate", &order, MS, true);
	/* There were more than a batch of them; but the backlog has its turn. */
	order = sim_run(&sim, "generate", 1650, MS, true);
	assert_false(order.fresh);
	order = sim_run(&sim, "generate", 1660, MS, false);
	assert_true(order.fresh);
	assert_false(sim_run(&sim, "generate", 1670, MS, true).fresh);
	/* Foreseen, and come: no poll between. */
	order = sim_run(&sim, "generate", 1700, MS, false);
	assert_true(order.foreseen && order.fresh);
	assert_int_equal(order.from, 1700);
	assert_true(item_of(&sim, "generate")->plenty);
	sim_finish(&sim);
}

/* The instant of a herd that was foreseen was taken for what is fresh: whatever came due after it waited for the
 * last of the herd. */
static void what_comes_due_after_a_herd_is_fresh_and_the_herd_is_not(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim);
	sim_see(&sim, "generate", 100, AGENDA_NEVER, 1000);
	assert_false(sim_run(&sim, "generate", 1000, 100, true).fresh);
	sim_see(&sim, "generate", 1150, 1000, 2000);
	assert_false(sim_run(&sim, "generate", 1150, 100, true).fresh);
	sim_see(&sim, "generate", 1300, 1000, 2000);
	assert_false(sim_run(&sim, "generate", 1300, 100, true).fresh);
	sim_see(&sim, "generate", 2010, 1000, 3000);
	struct job_order order = sim_run(&sim, "generate", 2010, 100, true);
	assert_true(order.fresh);
	assert_int_equal(order.from, 2000);
	sim_finish(&sim);
}

/* A batch that is under way when a reminder comes due is one that it waits for. */
static void others_are_brief_while_a_reminder_is_about_to_come(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim);
	usec_t now = 10 * USEC_PER_SEC;
	sim_due(&sim, "generate");
	assert_false(sim_run(&sim, "generate", now, MS, true).brief);
	sim_see(&sim, "remind", now, AGENDA_NEVER, now + 100 * MS);
	struct job_order order = sim_run(&sim, "generate", now, MS, true);
	assert_true(order.brief);
	sim_see(&sim, "remind", now, AGENDA_NEVER, now + 60 * USEC_PER_SEC);
	assert_false(sim_run(&sim, "generate", now, MS, true).brief);
	/* Where one came, there may be more of which no poll knows. */
	sim_see(&sim, "remind", now, now, AGENDA_NEVER);
	assert_false(sim_run(&sim, "remind", now, MS, false).brief);
	sim_see(&sim, "remind", now, AGENDA_NEVER, AGENDA_NEVER);
	assert_true(sim_run(&sim, "generate", now + 500 * MS, MS, true).brief);
	assert_false(sim_run(&sim, "generate", now + 2 * USEC_PER_SEC, MS, true).brief);
	sim_finish(&sim);
}

static void without_a_backlog_nothing_is_fresh(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim);
	sim_see(&sim, "remind", 1000, AGENDA_NEVER, 1500);
	struct job_order order = sim_run(&sim, "remind", 1500, MS, false);
	assert_true(order.foreseen && !order.fresh);
	assert_int_equal(order.from, 1500);
	sim_see(&sim, "remind", 2000, 1500, AGENDA_NEVER);
	assert_false(sim_run(&sim, "remind", 2000, MS, false).fresh);
	sim_finish(&sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_has_its_share_of_the_time_whatever_a_batch_of_it_takes),
		cmocka_unit_test(what_is_foreseen_all_the_time_takes_nobody_his_turn),
		cmocka_unit_test(what_is_foreseen_and_dear_takes_nobody_his_turn),
		cmocka_unit_test(two_kinds_that_are_foreseen_all_the_time_leave_room_for_others),
		cmocka_unit_test(who_comes_back_comes_at_once_but_has_saved_nothing_up),
		cmocka_unit_test(a_run_that_took_long_is_paid_for_only_while_others_want_the_time),
		cmocka_unit_test(what_comes_due_during_a_backlog_has_every_other_turn),
		cmocka_unit_test(what_comes_due_after_a_herd_is_fresh_and_the_herd_is_not),
		cmocka_unit_test(others_are_brief_while_a_reminder_is_about_to_come),
		cmocka_unit_test(without_a_backlog_nothing_is_fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
