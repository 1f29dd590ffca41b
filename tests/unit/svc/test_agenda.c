/* agenda: what comes next as a table, the next wake-up, pauses after attempts in vain, several lanes.
 * Who gets how much of the time is in test_agenda_turns.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "svc/agenda_sim.h"

/* ---- what comes next ---- */

enum { NOW = 1000 };

/* A state: what is due, what lies ahead, which clocks have run on. */
static const struct {
	const char *story;
	const char *due[4]; /* the poll saw it */
	const char *foreseen[2]; /* its instant has come since */
	const char *ahead[2]; /* its instant is still to come */
	const char *worked[3]; /* had a turn of 1 s before */
	const char *under_way[3]; /* on another lane */
	const char *plenty[2];
	const char *paused[2];
	bool old; /* the poll's answer is */
	bool poll_due, beat_due, settle_due;
	const char *next;
} states[] = {
	{ .story = "nothing is due", .next = "-" },
	{ .story = "one is due", .due = { "generate" }, .next = "generate" },
	{ .story = "what lies ahead is not due", .ahead = { "generate" }, .next = "-" },
	{ .story = "its instant has come", .foreseen = { "generate" }, .next = "generate" },
	{ .story = "on a par the table's order counts",
		.due = { "generate", "replan", "remind" },
		.next = "remind" },
	{ .story = "whose clock stands lowest",
		.due = { "generate", "replan", "remind" },
		.worked = { "remind", "replan" },
		.next = "generate" },
	{ .story = "the same time weighs less where the weight is larger",
		.due = { "generate", "replan", "remind" },
		.worked = { "remind", "replan", "generate" },
		.next = "remind" },
	{ .story = "a retry has its turn as everybody",
		.due = { "remind", "retry remind" },
		.worked = { "remind" },
		.next = "retry remind" },
	{ .story = "what was foreseen comes first",
		.due = { "replan" },
		.foreseen = { "generate" },
		.worked = { "generate" },
		.next = "generate" },
	{ .story = "a retry whose time was foreseen does not",
		.due = { "generate" },
		.foreseen = { "retry generate" },
		.worked = { "retry generate" },
		.next = "generate" },
	{ .story = "of two that were foreseen, whose clock stands lowest",
		.foreseen = { "remind", "generate" },
		.worked = { "remind" },
		.next = "generate" },
	{ .story = "another lane is at it",
		.due = { "generate" },
		.under_way = { "generate" },
		.next = "-" },
	{ .story = "another lane is at it, and there is plenty",
		.due = { "generate" },
		.under_way = { "generate" },
		.plenty = { "generate" },
		.next = "generate" },
	{ .story = "one lane is enough for retries",
		.due = { "retry generate" },
		.under_way = { "retry generate" },
		.plenty = { "retry generate" },
		.next = "-" },
	{ .story = "another lane is at it, but not at the other kind",
		.due = { "remind", "replan" },
		.under_way = { "remind" },
		.next = "replan" },
	{ .story = "a pause", .due = { "generate" }, .paused = { "generate" }, .next = "-" },
	{ .story = "a pause of one is no pause of others",
		.due = { "remind", "generate" },
		.paused = { "remind" },
		.next = "generate" },
	{ .story = "what comes due by itself does not wait for the end of a pause",
		.due = { "generate" },
		.foreseen = { "generate" },
		.paused = { "generate" },
		.next = "generate" },
	{ .story = "what an old poll saw is not due, the poll is",
		.due = { "remind" },
		.old = true,
		.poll_due = true,
		.next = "poll" },
	{ .story = "nor while another lane polls",
		.due = { "remind" },
		.old = true,
		.poll_due = true,
		.under_way = { "poll" },
		.next = "-" },
	{ .story = "what was foreseen needs no poll",
		.foreseen = { "remind" },
		.old = true,
		.poll_due = true,
		.next = "remind" },
	{ .story = "the poll goes before everybody in turn while its answer is old",
		.settle_due = true,
		.old = true,
		.poll_due = true,
		.next = "poll" },
	{ .story = "and behind them when only the clock wants it",
		.due = { "retry settle" },
		.worked = { "retry settle" },
		.poll_due = true,
		.next = "retry settle" },
	{ .story = "with nothing else the clock's poll comes", .poll_due = true, .next = "poll" },
	{ .story = "what goes at once goes before all",
		.due = { "remind" },
		.foreseen = { "generate" },
		.beat_due = true,
		.old = true,
		.poll_due = true,
		.next = "beat" },
	{ .story = "but not twice",
		.foreseen = { "generate" },
		.beat_due = true,
		.under_way = { "beat" },
		.next = "generate" },
	{ .story = "what is due by the clock has a turn of its own",
		.due = { "remind" },
		.worked = { "remind" },
		.settle_due = true,
		.next = "settle" },
};

#define EACH(names, name)                                \
	for (size_t n_ = 0; n_ < ARRAY_LEN(names); n_++) \
		for (const char *name = (names)[n_]; name; name = NULL)

static void set_up(struct sim *sim, size_t i)
{
	sim_init(sim);
	EACH(states[i].worked, name)
	sim_run(sim, name, 0, USEC_PER_SEC, false);
	sim->agenda.turn = 0;
	EACH(states[i].due, name)
	sim_see(sim, name, 0, 0, AGENDA_NEVER);
	EACH(states[i].foreseen, name)
	item_of(sim, name)->next_at = NOW;
	EACH(states[i].ahead, name)
	item_of(sim, name)->next_at = NOW + 1;
	EACH(states[i].under_way, name)
	item_of(sim, name)->under_way = 1;
	EACH(states[i].plenty, name)
	item_of(sim, name)->plenty = true;
	EACH(states[i].paused, name)
	item_of(sim, name)->not_before = NOW + 1;
	sim->agenda.polled = !states[i].old;
	if (states[i].poll_due)
		sim->shared.poll_at = 0;
	if (states[i].beat_due)
		sim->heartbeat.due_at = NOW;
	sim->shared.settled = !states[i].settle_due;
}

static void what_comes_next(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(states); i++) {
		struct sim sim;
		set_up(&sim, i);
		const char *next = sim_next(&sim, NOW);
		if (strcmp(next, states[i].next) != 0)
			fail_msg(
				"%s: %s comes next, not %s", states[i].story, next, states[i].next);
		/* Who says when to look again says the same. */
		usec_t at = agenda_next(&sim.agenda, &sim.shared, NOW);
		if ((at == NOW) != (strcmp(next, "-") != 0))
			fail_msg("%s: but the wake-up is another one", states[i].story);
		sim_finish(&sim);
	}
}

/* ---- instants ---- */

static void an_empty_agenda_asks_for_nothing(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim);
	assert_string_equal(sim_next(&sim, INT64_MAX - 1), "-");
	assert_int_equal(agenda_next(&sim.agenda, &sim.shared, 5), AGENDA_NEVER);
	sim_finish(&sim);
}

static void what_lies_ahead_comes_at_its_instant_and_not_before(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim);
	sim_see(&sim, "generate", 10, AGENDA_NEVER, 1000);
	sim_see(&sim, "remind", 10, AGENDA_NEVER, 2000);
	assert_int_equal(agenda_next(&sim.agenda, &sim.shared, 10), 1000);
	assert_string_equal(sim_next(&sim, 999), "-");
	assert_string_equal(sim_next(&sim, 1000), "generate");
	assert_int_equal(agenda_next(&sim.agenda, &sim.shared, 1500), 1500);
	sim_finish(&sim);
}

static void an_instant_is_served_once(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim);
	sim_see(&sim, "remind", 10, AGENDA_NEVER, 1000);
	assert_true(sim_run(&sim, "remind", 1000, MS, false).foreseen);
	assert_string_equal(sim_next(&sim, 5000), "-");
	sim_see(&sim, "remind", 5000, 4000, 9000);
	assert_false(sim_run(&sim, "remind", 5000, MS, false).foreseen);
	sim_finish(&sim);
}

/* ---- pauses ---- */

static void attempts_in_vain_wait_twice_as_long_each_time_up_to_the_limit(void **state)
{
	static const usec_t pauses[] = { 20 * MS, 40 * MS, 80 * MS, 100 * MS, 100 * MS };
	const struct job *generate = job_find("generate");
	struct sim sim;
	usec_t now = 7;
	(void)state;
	sim_init(&sim);
	sim_due(&sim, "generate");
	for (size_t i = 0; i < ARRAY_LEN(pauses); i++) {
		agenda_in_vain(&sim.agenda, generate, now, 20 * MS, 100 * MS);
		assert_int_equal(agenda_next(&sim.agenda, &sim.shared, now), now + pauses[i]);
		assert_string_equal(sim_next(&sim, now + pauses[i] - 1), "-");
		now += pauses[i];
		assert_string_equal(sim_next(&sim, now), "generate");
	}
	sim_run(&sim, "generate", now, MS, false);
	agenda_in_vain(&sim.agenda, generate, now, 20 * MS, 100 * MS);
	assert_int_equal(agenda_next(&sim.agenda, &sim.shared, now), now + 20 * MS);
	sim_finish(&sim);
}

/* A locked row must not delay one that comes due meanwhile, nor another kind. */
static void a_pause_holds_up_nothing_else(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim);
	sim_see(&sim, "generate", 100, 50, 500);
	agenda_in_vain(&sim.agenda, job_find("generate"), 100, 10000, 10000);
	assert_int_equal(agenda_next(&sim.agenda, &sim.shared, 100), 500);
	assert_string_equal(sim_next(&sim, 500), "generate");
	sim_due(&sim, "remind");
	assert_string_equal(sim_next(&sim, 200), "remind");
	sim_finish(&sim);
}

/* A poll that met a lock forgot the pause, too: settling met the same lock at once, and told it anew. */
static void what_is_forgotten_is_not_forgiven(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim);
	sim_see(&sim, "remind", 0, 0, 5000);
	agenda_in_vain(&sim.agenda, job_find("remind"), 1000, 500, 60000);
	agenda_forget(&sim.agenda);
	assert_false(sim.agenda.polled);
	assert_string_equal(sim_next(&sim, 9000), "-");
	sim.agenda.polled = true;
	sim_due(&sim, "remind");
	assert_string_equal(sim_next(&sim, 1499), "-");
	assert_string_equal(sim_next(&sim, 1500), "remind");
	sim_finish(&sim);
}

/* Causes have their next try in the database: nothing but a poll that sees it due, or its instant, starts
 * a retry, and a pause of our own comes on top. */
static void a_retry_waits_for_what_is_due_by_itself(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim);
	sim_see(&sim, "retry remind", 100, AGENDA_NEVER, 60000);
	assert_string_equal(sim_next(&sim, 59999), "-");
	assert_int_equal(agenda_next(&sim.agenda, &sim.shared, 100), 60000);
	assert_string_equal(sim_next(&sim, 60000), "retry remind");
	sim_due(&sim, "remind");
	item_of(&sim, "remind")->next_at = 59000;
	assert_string_equal(sim_next(&sim, 60000), "remind");
	sim_run(&sim, "remind", 60000, 10 * MS, false);
	sim_see(&sim, "remind", 60000, AGENDA_NEVER, AGENDA_NEVER);
	assert_string_equal(sim_next(&sim, 60000), "retry remind");
	sim_finish(&sim);
}

/* ---- a backlog ---- */

enum { LIMIT = 500, BEHIND = 40, THROUGH = 60, AHEAD = 5000 };

/* A batch of what the poll at 1000 saw due since BEHIND, while the next instant is AHEAD. */
static const struct {
	const char *story, *job;
	bool not_due, old, goes_on;
	usec_t began, ended;
} backlogs[] = {
	{ "a full batch: there is more", "generate", .began = 1010, .ended = 1100,
		.goes_on = true },
	{ "of reminders, too", "remind", .began = 1010, .ended = 1100, .goes_on = true },
	{ "the poll's answer is good so long", "generate", .began = 1010, .ended = 1499,
		.goes_on = true },
	{ "and no longer", "generate", .began = 1010, .ended = 1500 },
	{ "something else has made it old", "generate", .old = true, .began = 1010, .ended = 1100 },
	{ "it was foreseen: what comes next is not known", "generate", .not_due = true,
		.began = AHEAD, .ended = AHEAD },
	{ "so it is in a backlog", "generate", .began = AHEAD, .ended = AHEAD },
	{ "what is due by the clock says so by itself", "settle", .began = 1010, .ended = 1100 },
};

static void a_backlog_needs_no_poll_between_its_batches(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(backlogs); i++) {
		const char *name = backlogs[i].job;
		struct sim sim;
		sim_init(&sim);
		sim.agenda.polled_at = backlogs[i].began == AHEAD ? AHEAD - 1 : 1000;
		sim_see(&sim, name, 1000, backlogs[i].not_due ? AGENDA_NEVER : BEHIND, AHEAD);
		struct job_order order = sim_start(&sim, name, backlogs[i].began);
		sim.agenda.polled = !backlogs[i].old;
		bool goes_on = agenda_goes_on(
			&sim.agenda, job_find(name), &order, THROUGH, backlogs[i].ended, LIMIT);
		sim_served(&sim, name, &order, MS, true);
		if (goes_on != backlogs[i].goes_on)
			fail_msg("%s: %s", backlogs[i].story,
				goes_on ? "it goes on" : "a poll comes");
		struct job_order next = sim_start(&sim, name, 1100);
		if (next.presumed != goes_on || (goes_on && next.from != THROUGH))
			fail_msg(
				"%s: the next one begins at %d", backlogs[i].story, (int)next.from);
		sim_finish(&sim);
	}
}

/* Two lanes: the one that ends last has what is older. */
static void the_next_batch_begins_behind_all_of_them(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim);
	sim.agenda.polled_at = 1000;
	sim_see(&sim, "generate", 1000, BEHIND, AHEAD);
	struct job_order order = sim_start(&sim, "generate", 1000);
	assert_true(agenda_goes_on(&sim.agenda, job_find("generate"), &order, 70, 1001, LIMIT));
	assert_true(agenda_goes_on(&sim.agenda, job_find("generate"), &order, 50, 1002, LIMIT));
	sim_served(&sim, "generate", &order, MS, true);
	assert_int_equal(sim_start(&sim, "generate", 1003).from, 70);
	sim_see(&sim, "generate", 1400, 45, AHEAD); /* the poll sees what they passed over */
	order = sim_start(&sim, "generate", 1401);
	assert_int_equal(order.from, 45);
	assert_false(order.presumed);
	sim_finish(&sim);
}

/* ---- several lanes ---- */

static void a_second_lane_joins_only_where_there_is_plenty(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim);
	sim_due(&sim, "generate");
	sim_run(&sim, "generate", 10, MS, true);
	struct job_order first = sim_start(&sim, "generate", 10);
	assert_string_equal(sim_next(&sim, 10), "generate");
	struct job_order second = sim_start(&sim, "generate", 10);
	assert_int_equal(item_of(&sim, "generate")->under_way, 2);
	sim_served(&sim, "generate", &first, MS, false);
	assert_int_equal(item_of(&sim, "generate")->under_way, 1);
	assert_string_equal(sim_next(&sim, 20), "-"); /* the last batch was not full */
	sim_served(&sim, "generate", &second, MS, false);
	assert_string_equal(sim_next(&sim, 20), "generate");
	sim_finish(&sim);
}

static void nothing_is_charged_twice_where_lanes_work_at_the_same_time(void **state)
{
	static const usec_t costs[] = { 1, 20, 3, 90, 5, 40, 7, 8 };
	const usec_t weight = job_find("generate")->weight;
	struct sim sim;
	usec_t spent = 0, largest = 90 * MS;
	(void)state;
	sim_init(&sim);
	sim_due(&sim, "generate");
	struct job_order before = sim_start(&sim, "generate", 0);
	for (size_t i = 0; i < 800; i++) {
		usec_t cost = costs[i % ARRAY_LEN(costs)] * MS;
		struct job_order order = sim_start(&sim, "generate", 0);
		sim_served(&sim, "generate", &before, cost, true);
		before = order;
		spent += cost;
	}
	usec_t turn = item_of(&sim, "generate")->turn * weight;
	assert_in_range(turn, spent - 2 * largest, spent + 2 * largest);
	sim_finish(&sim);
}

/* What another lane is at wakes nobody; neither does what an old poll saw due. */
static void the_next_look_leaves_out_what_is_taken_or_old(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim);
	sim_see(&sim, "generate", 0, 0, 900);
	sim_see(&sim, "remind", 0, AGENDA_NEVER, 1000);
	assert_int_equal(agenda_next(&sim.agenda, &sim.shared, 10), 10);
	sim.agenda.polled = false;
	assert_int_equal(agenda_next(&sim.agenda, &sim.shared, 10), 900);
	sim.agenda.polled = true;
	sim_start(&sim, "generate", 10);
	assert_int_equal(agenda_next(&sim.agenda, &sim.shared, 10), 1000);
	item_of(&sim, "generate")->plenty = true;
	assert_int_equal(agenda_next(&sim.agenda, &sim.shared, 10), 10);
	sim_finish(&sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_comes_next),
		cmocka_unit_test(an_empty_agenda_asks_for_nothing),
		cmocka_unit_test(what_lies_ahead_comes_at_its_instant_and_not_before),
		cmocka_unit_test(an_instant_is_served_once),
		cmocka_unit_test(attempts_in_vain_wait_twice_as_long_each_time_up_to_the_limit),
		cmocka_unit_test(a_pause_holds_up_nothing_else),
		cmocka_unit_test(what_is_forgotten_is_not_forgiven),
		cmocka_unit_test(a_retry_waits_for_what_is_due_by_itself),
		cmocka_unit_test(a_backlog_needs_no_poll_between_its_batches),
		cmocka_unit_test(the_next_batch_begins_behind_all_of_them),
		cmocka_unit_test(a_second_lane_joins_only_where_there_is_plenty),
		cmocka_unit_test(nothing_is_charged_twice_where_lanes_work_at_the_same_time),
		cmocka_unit_test(the_next_look_leaves_out_what_is_taken_or_old),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
