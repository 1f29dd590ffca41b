/* plan: a template goes by another time zone than before.  Every local date and time of its series is made
 * once, whichever way it moves.
 */
#include "plan/sim.h"

#include <stdlib.h>

#include "recur/zone.h"

#define DAILY    "{\"frequency\":\"daily\"}"
#define IN(zone) "{\"frequency\":\"daily\",\"timeZone\":\"" zone "\"}"

/* A user moves: what the trigger on recurd.preferences does. */
static void move_user(struct sim *sim, const char *zone)
{
	sim->row.user_zone = zone;
	if (sim->row.starts_zone && sim->row.replan_at == TEMPLATE_NONE)
		sim->row.replan_at = TEMPLATE_REZONE;
}

/* Nine o'clock in Berlin is made at 08:00Z on 6 January; then the user moves. */
static const struct {
	const char *words, *rule, *to, *moved_at, *now, *wanted; /* visited at both */
} moves[] = {
	{ "west, after nine: not twice on one day", DAILY, "Europe/London", "01-06T08:30",
		"01-07T10:00", "01-07T09:00 | next 01-08T09:00" },
	{ "east, after nine there: that day's is late, not lost", DAILY, "Asia/Tokyo",
		"01-07T00:30", "01-07T00:30", "01-07T00:00 | next 01-08T00:00" },
	{ "east, before nine there", DAILY, "Asia/Tokyo", "01-06T08:30", "01-07T00:00",
		"01-07T00:00 | next 01-08T00:00" },
	{ "weekly, west: not twice in a week", "{\"frequency\":\"weekly\"}", "America/New_York",
		"01-06T08:30", "01-13T14:00", "01-13T14:00 | next 01-20T14:00" },
	{ "weekly, east: not a week without", "{\"frequency\":\"weekly\"}", "Pacific/Auckland",
		"01-13T02:00", "01-13T02:00", "01-12T20:00 | next 01-19T20:00" },
	{ "COUNT is used up by local days", "{\"frequency\":\"daily\",\"count\":3}",
		"Europe/London", "01-06T08:30", "01-10T00:00",
		"01-07T09:00 01-08T09:00 | ended 01-08T09:00" },
	{ "hourly, east: two come to instants that were used", "{\"rrule\":\"FREQ=HOURLY\"}",
		"Asia/Dubai", "01-06T08:10", "01-06T08:10",
		"01-06T06:00:00.814400 01-06T07:00:00.814400 01-06T08:00:00.814400 | next "
		"01-06T09:00" },
	{ "hourly, west: rests until the new clock is as far", "{\"rrule\":\"FREQ=HOURLY\"}",
		"Europe/London", "01-06T08:10", "01-06T10:00", "01-06T10:00 | next 01-06T11:00" },
	{ "an excluded day stays excluded",
		"{\"frequency\":\"daily\",\"recurrenceOverrides\":{\"2025-01-07T09:00:00\":{"
		"\"excluded\":"
		"true}}}",
		"Europe/London", "01-06T08:30", "01-08T12:00", "01-08T09:00 | next 01-09T09:00" },
	{ "an excluded day counts once",
		"{\"frequency\":\"daily\",\"count\":3,\"recurrenceOverrides\":{\"2025-01-07T09:00:"
		"00\":"
		"{\"excluded\":true}}}",
		"Europe/London", "01-07T08:30", "01-12T12:00", "01-08T09:00 | ended 01-08T09:00" },
	{ "days of downtime before the move come by the new clock", DAILY, "Europe/London",
		"01-09T12:00", "01-09T12:00",
		"01-07T09:00 01-08T09:00 01-09T09:00 | next 01-10T09:00" },
	{ "a zone with the same clock is no move", DAILY, "Europe/Vienna", "01-06T08:30",
		"01-07T08:00", "01-07T08:00 | next 01-08T08:00" },
};

static void every_local_day_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(moves); i++) {
		struct sim sim;
		sim_init(&sim, moves[i].rule, "01-06T08:00");
		sim.row.user_zone = "Europe/Berlin";
		sim_run(&sim, "01-06T08:00");
		assert_int_equal(sim.made_n, 1);
		sim.made_n = 0;
		memset(sim.skipped, 0, sizeof(sim.skipped));
		move_user(&sim, moves[i].to);
		sim_run(&sim, moves[i].moved_at);
		sim_run(&sim, moves[i].now);
		sim_expect(&sim, moves[i].words, moves[i].wanted);
		assert_string_equal(sim.row.starts_zone, moves[i].to);
	}
}

static void it_is_told_from_where_to_where(void **state)
{
	struct sim sim;
	struct plan plan;
	(void)state;
	sim_init(&sim, DAILY, "01-06T08:00");
	sim.row.user_zone = "Europe/Berlin";
	sim_run(&sim, "01-06T08:00");
	move_user(&sim, "Europe/London");
	plan_make(&sim.row, at("01-06T08:30"), &sim.policy, 10, &plan);
	assert_true(plan.rezoned_from == at("01-07T08:00") && plan.rezoned_to == at("01-07T09:00"));
	assert_string_equal(plan.rezoned_why, "Europe/Berlin to Europe/London");
	plan_finish(&plan);
}

static void the_rule_moves(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, IN("Europe/London"), "01-06T09:00");
	sim_run(&sim, "01-06T09:00");
	sim_edit(&sim, IN("Europe/Berlin"), "01-07T08:30");
	sim_run(&sim, "01-07T08:30");
	sim_expect(&sim, "nine in Berlin has passed: late",
		"01-06T09:00 01-07T08:00 | next 01-08T08:00");
	sim_edit(&sim, IN("America/New_York"), "01-07T09:00");
	sim_run(&sim, "01-07T09:00");
	sim_run(&sim, "01-08T15:00");
	sim_expect(&sim, "west: not again on the 7th", "01-08T14:00 | next 01-09T14:00");
}

static void a_rule_that_is_edited_too_makes_nothing_of_before_the_edit(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, "{\"frequency\":\"weekly\",\"timeZone\":\"Europe/Berlin\"}", "01-06T08:00");
	sim_run(&sim, "01-06T08:00");
	sim_edit(&sim, IN("Europe/London"), "01-08T12:00");
	sim_run(&sim, "01-08T12:00");
	sim_expect(&sim, "daily from Thursday on", "01-06T08:00 | next 01-09T09:00");
}

static void what_the_application_set_stays(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, DAILY, "01-06T08:00");
	sim.row.user_zone = "Europe/Berlin";
	sim_run(&sim, "01-06T08:00");
	sim_move(&sim, "01-09T15:00", "01-06T09:00");
	move_user(&sim, "Asia/Tokyo");
	sim_run(&sim, "01-06T10:00");
	sim_expect(&sim, "an instant, not a wall time", "01-06T08:00 | next 01-09T15:00");
}

/* Nine o'clock in Berlin (08:00Z), or every hour up to it, is made; then the user moves at 08:10, and the
 * application sets next_due_at by what its user sees. */
#define HOURLY "{\"rrule\":\"FREQ=HOURLY\"}"

static const struct {
	const char *words, *rule, *to, *set, *set_at, *now, *wanted;
	bool seen; /* a worker looks between the move and the save */
} sets[] = {
	{ "west, ahead in truth, and at a local time that was not", DAILY, "Europe/London",
		"01-06T08:45", "01-06T08:30", "01-07T10:00",
		"01-06T08:45 01-07T08:45 | next 01-08T08:45", true },
	{ "before a worker has seen the move", DAILY, "Europe/London", "01-06T08:45", "01-06T08:30",
		"01-07T10:00", "01-06T08:45 01-07T08:45 | next 01-08T08:45", false },
	{ "with microseconds that look like a code", DAILY, "Europe/London",
		"01-06T08:45:00.803600", "01-06T08:30", "01-07T10:00",
		"01-06T08:45:00.803600 01-07T08:45 | next 01-08T08:45", true },
	{ "at a local time that was made: once more, as it was asked for", HOURLY, "Europe/London",
		"01-06T09:00", "01-06T08:30", "01-06T11:30",
		"01-06T09:00 01-06T10:00 01-06T11:00 | next 01-06T12:00", true },
	{ "then it rests until the clock is as far", HOURLY, "America/New_York", "01-06T09:00",
		"01-06T08:30", "01-06T16:30",
		"01-06T09:00 01-06T15:00 01-06T16:00 | next 01-06T17:00", true },
	{ "and does so beside the set's own minutes", HOURLY, "America/New_York", "01-06T08:20",
		"01-06T08:15", "01-06T14:30", "01-06T08:20 01-06T14:20 | next 01-06T15:20", false },
	{ "what was made is history, as ever", DAILY, "Europe/London", "01-06T08:00", "01-06T08:30",
		"01-07T10:00", "01-07T09:00 | next 01-08T09:00", true },
	{ "east, an instant that was over before anything was made", DAILY, "Asia/Tokyo",
		"01-06T07:00", "01-06T08:30", "01-07T01:00", "01-07T00:00 | next 01-08T00:00",
		true },
	{ "east, ahead in truth", DAILY, "Asia/Tokyo", "01-06T08:45", "01-06T08:30", "01-07T09:00",
		"01-06T08:45 01-07T08:45 | next 01-08T08:45", true },
};

static void what_the_application_sets_after_a_move_is_honoured_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
		struct sim sim;
		sim_init(&sim, sets[i].rule, "01-06T07:00");
		sim.row.next_due_at = at("01-06T08:00");
		sim.row.user_zone = "Europe/Berlin";
		sim_run(&sim, "01-06T08:00");
		sim.made_n = 0;
		move_user(&sim, sets[i].to);
		if (sets[i].seen)
			sim_run(&sim, "01-06T08:10");
		sim_move(&sim, sets[i].set, sets[i].set_at);
		sim_run(&sim, sets[i].set_at);
		sim_run(&sim, sets[i].now);
		sim_expect(&sim, sets[i].words, sets[i].wanted);
	}
}

#define DAILY_AND(when) "{\"frequency\":\"daily\",\"recurrenceOverrides\":{\"" when "\":{}}}"

static void what_stands_at_an_instant_does_not_move(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, DAILY_AND("2025-01-07T15:00:00Z"), "01-06T08:00");
	sim.row.user_zone = "Europe/Berlin";
	sim_run(&sim, "01-06T08:00");
	move_user(&sim, "America/Los_Angeles");
	sim_run(&sim, "01-07T07:00");
	sim_run(&sim, "01-07T17:00");
	sim_expect(&sim, "before the planned one, which moves behind it",
		"01-06T08:00 01-07T15:00 01-07T17:00 | next 01-08T17:00");
	sim_init(&sim, DAILY_AND("2025-01-07T12:00:00Z"), "01-06T12:30");
	sim.row.user_zone = "Europe/London";
	sim_run(&sim, "01-07T12:00");
	move_user(&sim, "Europe/Berlin");
	sim_run(&sim, "01-07T12:10");
	sim_expect(&sim, "made already, and the planned one moves before it",
		"01-06T12:30 01-07T12:00 01-07T11:30:00.803600 | next 01-08T11:30");
}

#define HOURLY_AND(when) "{\"rrule\":\"FREQ=HOURLY\",\"recurrenceOverrides\":{\"" when "\":{}}}"

/* Made at 08:00Z, nine in Berlin; in London it is eight. */
static void what_stands_ahead_of_a_clock_that_was_put_back_is_not_lost(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, HOURLY_AND("2025-01-06T08:45:00Z"), "01-06T08:00");
	sim.row.user_zone = "Europe/Berlin";
	sim_run(&sim, "01-06T08:00");
	move_user(&sim, "Europe/London");
	sim_run(&sim, "01-06T08:10");
	sim_run(&sim, "01-06T08:50");
	sim_run(&sim, "01-06T10:30");
	sim_expect(&sim, "an instant in the hour that the clock has again",
		"01-06T08:00 01-06T08:45 01-06T10:00 | next 01-06T11:00");
}

static void what_was_made_at_an_instant_is_not_made_again_among_late_ones(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, HOURLY_AND("2025-01-06T07:30:00Z"), "01-06T07:00");
	sim.row.user_zone = "Europe/Berlin";
	sim_run(&sim, "01-06T08:00");
	move_user(&sim, "Asia/Dubai");
	sim_run_in_batches(&sim, at("01-06T08:10"), 1);
	sim_expect(&sim, "each batch begins at an instant before it",
		"01-06T07:00 01-06T07:30 01-06T08:00 01-06T06:00:00.814400 "
		"01-06T07:00:00.814400 01-06T08:00:00.814400 | next 01-06T09:00");
}

/* At ten past eight the clock leaps from 09:10 to 12:10: ten, eleven and twelve o'clock are late, at instants at
 * which there was a pause, or was none, for other local times. */
static const struct {
	const char *words, *paused, *resumed, *wanted;
} pauses[] = {
	{ "over before what was made last", "01-06T06:50", "01-06T07:10",
		"01-06T06:00 01-06T08:00 01-06T06:00:00.814400 01-06T07:00:00.814400 "
		"01-06T08:00:00.814400 | paused 1 | next 01-06T09:00" },
	{ "with what was to be made last, and over when the clock leaps", "01-06T07:50",
		"01-06T08:05",
		"01-06T06:00 01-06T07:00 01-06T06:00:00.814400 01-06T07:00:00.814400 "
		"01-06T08:00:00.814400 | paused 1 | next 01-06T09:00" },
};

static void a_pause_is_of_the_hours_that_the_clock_showed_then(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_LEN(pauses); i++) {
		struct sim sim;
		sim_init(&sim, HOURLY, "01-06T06:00");
		sim.row.user_zone = "Europe/Berlin";
		sim_run(&sim, pauses[i / 2].paused);
		sim_pause(&sim, pauses[i / 2].paused);
		sim_resume(&sim, pauses[i / 2].resumed);
		sim_run(&sim, "01-06T08:06");
		move_user(&sim, "Asia/Dubai");
		sim_run_in_batches(&sim, at("01-06T08:10"), i % 2 ? 1 : 1000);
		sim_expect(&sim, pauses[i / 2].words, pauses[i / 2].wanted);
	}
}

static void an_ended_template_stays_ended(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, "{\"frequency\":\"daily\",\"count\":2}", "01-06T08:00");
	sim.row.user_zone = "Europe/Berlin";
	sim_run(&sim, "01-07T08:00");
	for (int i = 0; i < 2; i++) {
		move_user(&sim, i ? "Pacific/Kiritimati" : "America/New_York");
		sim_run(&sim, "01-07T12:00");
	}
	assert_int_equal(sim.made_n, 2);
	assert_false(sim.row.is_active);
}

static void a_zone_that_is_gone_leaves_instants(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, DAILY, "01-06T08:00");
	sim.row.user_zone = "Europe/Berlin";
	sim_run(&sim, "01-06T08:00");
	snprintf(sim.zone, sizeof(sim.zone), "Europe/Atlantis");
	move_user(&sim, "Europe/London");
	sim_run(&sim, "01-07T10:00");
	sim_expect(&sim, "from the edit on", "01-06T08:00 01-07T09:00 | next 01-08T09:00");
}

/* ---- random lives ---- */

#define LIVES  1000
#define STEPS  25
#define ANCHOR "01-06T08:00" /* nine in Berlin */

/* Their wall times are so many seconds apart: no more is known of them here. */
static const struct {
	const char *rule;
	sec_t apart;
	int64_t count;
} series[] = {
	{ DAILY, 86400, 0 },
	{ "{\"frequency\":\"daily\",\"interval\":2}", 2 * 86400, 0 },
	{ "{\"frequency\":\"daily\",\"count\":15}", 86400, 15 },
	{ "{\"frequency\":\"weekly\"}", 7 * 86400, 0 },
	{ "{\"rrule\":\"FREQ=HOURLY\"}", 3600, 0 },
	{ "{\"rrule\":\"FREQ=HOURLY;INTERVAL=5;COUNT=40\"}", 5 * 3600, 40 },
	{ "{\"rrule\":\"FREQ=DAILY;BYHOUR=9,21\"}", 12 * 3600, 0 },
	{ "{\"rrule\":\"FREQ=MINUTELY;INTERVAL=20\"}", 1200, 0 },
};

/* In January no clock of theirs is changed. */
static const char *const zones[] = { "Europe/Berlin", "Europe/London", "America/New_York",
	"Asia/Tokyo", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kolkata", "Asia/Kathmandu",
	"UTC", "America/St_Johns" };

struct life {
	struct sim sim;
	sec_t last; /* wall time of the last one that was made */
	int64_t made;
	usec_t identities[20000];
	unsigned seed, dice;
	bool by_rule; /* its rule names the zone, else its user does */
	char rule[256];
	const char *zone;
};

static int pick(struct life *life, int n)
{
	return rand_r(&life->dice) % n;
}

static sec_t wall_in(const char *zone, usec_t instant)
{
	const struct zone *loaded;
	struct err err;
	assert_true(zone_load(zone, &loaded, &err));
	return zone_to_wall(loaded, sec_from_usec(instant));
}

static void note_made(struct life *life, size_t which, const char *zone, const struct fate *fate)
{
	sec_t wall = wall_in(zone, fate->due);
	if (life->made > 0 && wall != life->last + series[which].apart)
		fail_msg("seed %u, %s, in %s: %lld seconds after the one before", life->seed,
			series[which].rule, zone, (long long)(wall - life->last));
	for (int64_t i = 0; i < life->made; i++) {
		if (life->identities[i] == fate->nominal)
			fail_msg("seed %u, %s: the identity %s twice", life->seed,
				series[which].rule, short_instant(fate->nominal));
	}
	assert_true((size_t)life->made < ARRAY_LEN(life->identities));
	life->identities[life->made++] = fate->nominal;
	life->last = wall;
}

/* A worker comes by: it makes all that is due, in batches of some size. */
static void visit(struct life *life, size_t which, usec_t now)
{
	size_t limit = (size_t)(pick(life, 3) ? 1 + pick(life, 4) : 1000);
	while (sim_is_claimed(&life->sim, now)) {
		struct plan plan;
		plan_make(&life->sim.row, now, &life->sim.policy, limit, &plan);
		assert_int_equal(plan.outcome, PLAN_ADVANCED);
		for (size_t i = 0; i < plan.n; i++) {
			assert_int_equal(plan.fates[i].kind, FATE_MADE);
			note_made(life, which, plan.starts_zone, &plan.fates[i]);
		}
		life->sim.made_n = 0;
		sim_write(&life->sim, &plan);
		plan_finish(&plan);
	}
}

static void set_zone(struct life *life, size_t which, const char *zone)
{
	life->zone = zone;
	snprintf(life->rule, sizeof(life->rule), "%.*s,\"timeZone\":\"%s\"}",
		(int)strlen(series[which].rule) - 1, series[which].rule, zone);
	if (life->by_rule)
		sim_set_rule(&life->sim, life->rule);
	else
		life->sim.row.user_zone = zone;
}

static void move(struct life *life, size_t which, const char *zone)
{
	bool edited = strcmp(life->zone, zone) != 0;
	set_zone(life, which, zone);
	if (edited && life->sim.row.replan_at == TEMPLATE_NONE)
		life->sim.row.replan_at = TEMPLATE_REZONE;
}

static void live(struct life *life, size_t which)
{
	usec_t now = at(ANCHOR);
	sim_init(&life->sim, series[which].rule, ANCHOR);
	life->sim.policy.catch_up_limit = 100000;
	life->by_rule = pick(life, 2);
	set_zone(life, which, "Europe/Berlin");
	life->made = 0;
	visit(life, which, now);
	for (int step = 0; step < STEPS && now < at("02-20T00:00"); step++) {
		now += pick(life, 4) ? (usec_t)pick(life, 2 * 86400) * USEC_PER_SEC
				     : (usec_t)pick(life, 1800) * USEC_PER_SEC;
		if (pick(life, 2))
			move(life, which, zones[pick(life, ARRAY_LEN(zones))]);
		if (pick(life, 3))
			visit(life, which, now);
	}
	visit(life, which, now += 3 * DAY);
	/* None is missing up to now, unless COUNT ends it. */
	sec_t behind = wall_in(life->zone, now) - life->last;
	bool over = series[which].count && life->made == series[which].count;
	assert_true(over || behind < series[which].apart);
	assert_true(over == !life->sim.row.is_active);
}

static void random_lives(void **state)
{
	static struct life life;
	const char *seed = getenv("RECURD_SEED");
	(void)state;
	for (unsigned i = 0; i < LIVES; i++) {
		life.seed = seed ? (unsigned)atoi(seed) : i + 1;
		life.dice = life.seed;
		live(&life, life.seed % ARRAY_LEN(series));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_local_day_once),
		cmocka_unit_test(it_is_told_from_where_to_where),
		cmocka_unit_test(the_rule_moves),
		cmocka_unit_test(a_rule_that_is_edited_too_makes_nothing_of_before_the_edit),
		cmocka_unit_test(what_the_application_set_stays),
		cmocka_unit_test(what_the_application_sets_after_a_move_is_honoured_once),
		cmocka_unit_test(what_stands_at_an_instant_does_not_move),
		cmocka_unit_test(what_stands_ahead_of_a_clock_that_was_put_back_is_not_lost),
		cmocka_unit_test(what_was_made_at_an_instant_is_not_made_again_among_late_ones),
		cmocka_unit_test(a_pause_is_of_the_hours_that_the_clock_showed_then),
		cmocka_unit_test(an_ended_template_stays_ended),
		cmocka_unit_test(a_zone_that_is_gone_leaves_instants),
		cmocka_unit_test(random_lives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
