/* plan: a series with exceptions, in local time and at instants, whose user moves; and what is foretold of it.
 *
 * The model keeps local times alone: which comes next, and what is left out by the clock of now.  A local time that
 * is left out stays so in any zone; an instant is left out by whatever local time stands there when it comes up.
 * RECURD_SEED repeats one life.
 */
#include "plan/sim.h"

#include <stdlib.h>

#include "plan/outlook.h"

#define LIVES    150
#define STEPS    30
#define LEFT     12 /* of each kind */
#define NINE     at("01-06T09:00") / USEC_PER_SEC /* wall time of the first */
#define FORESEEN 4

/* In January no clock of theirs is changed. */
static const struct {
	const char *name;
	sec_t offset;
} zones[] = { { "Europe/Berlin", 3600 }, { "Europe/London", 0 }, { "America/New_York", -5 * 3600 },
	{ "Asia/Tokyo", 9 * 3600 }, { "Pacific/Kiritimati", 14 * 3600 },
	{ "Pacific/Pago_Pago", -11 * 3600 } };

static const struct {
	const char *rule;
	sec_t apart;
} series[] = { { "FREQ=DAILY", 86400 }, { "FREQ=HOURLY", 3600 },
	{ "FREQ=HOURLY;INTERVAL=5", 5 * 3600 } };

struct life {
	struct sim sim;
	struct strbuf rule;
	sec_t apart, walls[LEFT], instants[LEFT];
	sec_t next; /* wall time of what is planned */
	size_t zone;
	unsigned seed, dice;
};

static unsigned pick(struct life *life, size_t n)
{
	return (unsigned)rand_r(&life->dice) % (unsigned)n;
}

static bool is_left_out(const struct life *life, sec_t wall)
{
	for (size_t i = 0; i < LEFT; i++)
		if (life->walls[i] == wall || life->instants[i] == wall - zones[life->zone].offset)
			return true;
	return false;
}

static sec_t not_left_out(const struct life *life, sec_t wall)
{
	while (is_left_out(life, wall))
		wall += life->apart;
	return wall;
}

static void add_override(struct life *life, size_t i, sec_t second, const char *z)
{
	char text[INSTANT_TEXT_MAX];
	strbuf_addf(&life->rule, "%s\"%s%s\":{\"excluded\":true}", i ? "," : "",
		wall_format(second, text), z);
}

/* One of the set by such a clock, and none of the n that there are. */
static sec_t some_wall(struct life *life, const sec_t *others, size_t n, sec_t offset)
{
	sec_t wall = NINE + life->apart * (1 + pick(life, (size_t)(86400 * 20 / life->apart)));
	for (size_t i = 0; i < n; i++)
		if (others[i] == wall - offset)
			return some_wall(life, others, n, offset);
	return wall - offset;
}

static void begin(struct life *life)
{
	size_t which = pick(life, ARRAY_LEN(series));
	life->apart = series[which].apart;
	life->zone = 0;
	strbuf_init(&life->rule, 65536);
	strbuf_addf(&life->rule, "{\"rrule\":\"%s\",\"recurrenceOverrides\":{", series[which].rule);
	for (size_t i = 0; i < LEFT; i++) {
		life->walls[i] = some_wall(life, life->walls, i, 0);
		sec_t offset = zones[pick(life, ARRAY_LEN(zones))].offset;
		life->instants[i] = some_wall(life, life->instants, i, offset);
		add_override(life, 2 * i, life->walls[i], "");
		add_override(life, 2 * i + 1, life->instants[i], "Z");
	}
	strbuf_addf(&life->rule, "}}");
	sim_init(&life->sim, life->rule.data, "01-06T08:00");
	life->sim.policy.catch_up_limit = 100000;
	life->sim.row.user_zone = zones[0].name;
	life->next = NINE;
}

static void expect(const struct life *life, const char *what, usec_t is, sec_t wall)
{
	sec_t wanted = wall - zones[life->zone].offset;
	if (sec_from_usec(is) != wanted)
		fail_msg("seed %u, %s: %s: %s, not %s", life->seed, zones[life->zone].name, what,
			short_instant(is), short_instant(wanted * USEC_PER_SEC));
}

/* What `recurctl next` tells, before a worker has seen the move as after it. */
static void foretell(struct life *life)
{
	struct outlook *outlook CLEANUP(outlook_cleanup) = NULL;
	struct err err;
	sec_t wall = life->next;
	assert_true(outlook_open(&life->sim.row, &life->sim.policy, &outlook, &err));
	for (int i = 0; i < FORESEEN; i++) {
		struct fate fate;
		wall = not_left_out(life, wall);
		assert_int_equal(outlook_next(outlook, &fate, &err), RECUR_FOUND);
		expect(life, "foretold", fate.due, wall);
		wall += life->apart;
	}
}

static void visit(struct life *life, usec_t now)
{
	life->sim.made_n = 0;
	if (!sim_is_claimed(&life->sim, now))
		return;
	sim_run_in_batches(&life->sim, now, pick(life, 2) ? 1 : 100);
	if (life->sim.failed)
		fail_msg("seed %u: %s", life->seed, life->sim.failure);
	sec_t there = sec_from_usec(now) + zones[life->zone].offset;
	size_t n = 0;
	for (; life->next <= there; life->next += life->apart) {
		if (is_left_out(life, life->next))
			continue;
		if (n == life->sim.made_n)
			fail_msg("seed %u: %zu are made, and no more", life->seed, n);
		expect(life, "made", life->sim.made[n++], life->next);
	}
	life->next = not_left_out(life, life->next);
	assert_int_equal(life->sim.made_n, n);
	expect(life, "next", life->sim.row.next_due_at, life->next);
}

static void live(struct life *life)
{
	usec_t now = at("01-06T08:00");
	begin(life);
	visit(life, now);
	for (int step = 0; step < STEPS; step++) {
		now += (usec_t)pick(life, 86400) * USEC_PER_SEC;
		if (pick(life, 2)) {
			visit(life, now);
			life->zone = pick(life, ARRAY_LEN(zones));
			life->sim.row.user_zone = zones[life->zone].name;
			life->sim.row.replan_at = TEMPLATE_REZONE;
		}
		foretell(life);
		if (pick(life, 3)) {
			visit(life, now);
			foretell(life);
		}
	}
	strbuf_free(&life->rule);
}

static void each_local_time_once_but_what_is_left_out(void **state)
{
	static struct life life;
	const char *seed = getenv("RECURD_SEED");
	(void)state;
	for (unsigned i = 1; i <= LIVES; i++) {
		life.seed = life.dice = seed ? (unsigned)atoi(seed) : i;
		live(&life);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(
		each_local_time_once_but_what_is_left_out) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
