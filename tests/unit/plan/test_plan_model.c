/* plan, and the iterator of fates below it, against a slow model, over random lives of a template.
 *
 * The model says in the plainest way what ought to become of the row: it looks at every half hour
 * there is, remembers, and knows no batches, budgets or iterators.  All see the same saves of the
 * application; before and after each visit of a worker they must agree.  RECURD_SEED repeats one life.
 */
#include "plan/sim.h"

#include <stdlib.h>

#include "plan/fates.h"
#include "plan/move.h"

#define LIVES     3000
#define STEPS     60
#define GRAIN     1800 /* every occurrence of RULES lies on half hours after its anchor */
#define NONE      TEMPLATE_NONE
#define LONG_AGO  INT64_C(-1000000000000)
#define ZONE_ONLY TEMPLATE_REZONE /* of an edit: nothing but the rule's zone is another */

/* ---- the rules that it knows ---- */

struct kind {
	const char *json;
	sec_t step; /* 0: weekly on Monday and Thursday */
	int weeks; /* every so many */
	sec_t offset; /* of its zone */
	int64_t count; /* 0: none */
	const char *until; /* NULL: none */
	bool bad;
};

static const struct kind RULES[] = {
	{ .json = "{\"frequency\":\"daily\"}", .step = 86400 },
	{ .json = "{\"frequency\":\"daily\",\"interval\":3}", .step = 3 * 86400 },
	{ .json = "{\"frequency\":\"weekly\"}", .step = 7 * 86400 },
	{ .json = "{\"frequency\":\"weekly\",\"days\":[\"mon\",\"thu\"]}", .weeks = 1 },
	{ .json = "{\"frequency\":\"weekly\",\"interval\":2,\"days\":[\"mon\",\"thu\"],"
		  "\"timeZone\":\"Etc/GMT+3\"}",
		.weeks = 2,
		.offset = -3 * 3600 },
	{ .json = "{\"frequency\":\"daily\",\"timeZone\":\"Etc/GMT-5\"}",
		.step = 86400,
		.offset = 5 * 3600 },
	{ .json = "{\"frequency\":\"daily\",\"count\":12}", .step = 86400, .count = 12 },
	{ .json = "{\"frequency\":\"daily\",\"count\":60,\"timeZone\":\"Etc/GMT+3\"}",
		.step = 86400,
		.offset = -3 * 3600,
		.count = 60 },
	{ .json = "{\"frequency\":\"daily\",\"end_date\":\"2025-03-01T00:00:00Z\"}",
		.step = 86400,
		.until = "03-01T00:00" },
	{ .json = "{\"frequency\":\"weekly\",\"end_date\":\"2025-06-01T00:00:00Z\"}",
		.step = 7 * 86400,
		.until = "06-01T00:00" },
	{ .json = "{\"rrule\":\"FREQ=HOURLY;INTERVAL=7\"}", .step = 7 * 3600 },
	{ .json = "{\"frequency\":\"weekly\",\"days\":[\"mox\"]}", .bad = true },
	/* These two only in lives without pauses. */
	{ .json = "{\"rrule\":\"FREQ=MINUTELY;INTERVAL=30\"}", .step = 1800 },
	{ .json = "{\"rrule\":\"FREQ=HOURLY;COUNT=1700\"}", .step = 3600, .count = 1700 },
};
#define DENSE 2 /* the last so many */

static sec_t floor_mod(sec_t a, sec_t b)
{
	return ((a % b) + b) % b;
}

/* 1970-01-05 was a Monday. */
static sec_t week_of(sec_t wall)
{
	sec_t since = wall - 4 * 86400;
	return (since - floor_mod(since, 7 * 86400)) / (7 * 86400);
}

static bool in_set(const struct kind *rule, sec_t anchor, sec_t instant)
{
	sec_t wall = instant + rule->offset;
	if (wall < anchor)
		return false;
	if (rule->step)
		return (wall - anchor) % rule->step == 0;
	sec_t weekday = floor_mod((wall - floor_mod(wall, 86400)) / 86400 - 4, 7);
	return floor_mod(wall, 86400) == floor_mod(anchor, 86400) &&
	       (weekday == 0 || weekday == 3) &&
	       (week_of(wall) - week_of(anchor)) % rule->weeks == 0;
}

/* ---- the model ---- */

struct model {
	const struct kind *rule;
	usec_t due, planned, edited, paused, resumed;
	usec_t history; /* up to then all is made in truth, whatever the clocks said */
	sec_t reached; /* so far it is made by its own clock; LONG_AGO: not at all */
	sec_t anchor, offset; /* of the zone by which it was planned */
	bool anchored, active, ended, failed;
	int64_t used;
	size_t catch_up;
	/* Of the last visit: what came, which of it a pause covered, what was made of it, what comes next
	 * (NONE: nothing). */
	bool looked;
	usec_t came[20000], identity[20000];
	bool covered[20000];
	size_t came_n;
	usec_t made[4096];
	size_t made_n;
	usec_t next;
};

static bool past(usec_t instant, usec_t line)
{
	return line != NONE && sec_from_usec(instant) <= sec_from_usec(line);
}

static bool allowed(const struct model *m, usec_t instant, int64_t used)
{
	return (m->rule->count == 0 || used < m->rule->count) &&
	       (!m->rule->until || sec_from_usec(instant) <= sec_from_usec(at(m->rule->until)));
}

static usec_t later(usec_t a, usec_t b)
{
	return a == NONE || (b != NONE && b > a) ? b : a;
}

/* The first of the set after an instant, at most 70 days on; no local time twice. */
static usec_t following(const struct model *m, usec_t after)
{
	sec_t reached = m->reached - m->rule->offset;
	sec_t line = after == NONE ? LONG_AGO : sec_from_usec(after);
	sec_t t = (line > reached ? line : reached) + 1;
	t += floor_mod(m->anchor - m->rule->offset - t, GRAIN);
	if (t < m->anchor - m->rule->offset)
		t = m->anchor - m->rule->offset;
	for (sec_t end = t + 70 * 86400; t < end; t += GRAIN)
		if (in_set(m->rule, m->anchor, t))
			return t * USEC_PER_SEC;
	fail_msg("the model's rule has no end, but nothing follows");
	return NONE;
}

/* The zone went there and back, or its data have changed, which looks the same: what is planned by a rule that is none
 * any more stands nowhere in the set, and the nearest that does takes its place. */
static usec_t nearest(const struct model *m, usec_t due)
{
	const usec_t most = 26 * 3600 * USEC_PER_SEC;
	usec_t first = following(m, due - most), best = first;
	for (usec_t t = first; t <= due + most; t = following(m, t))
		if (llabs(t - due) < llabs(best - due))
			best = t;
	return best;
}

/* Made, of what came in order: not what a pause covers, and the newest catch_up of the rest. */
static void model_make(struct model *m)
{
	size_t kept = 0, start = 0;
	usec_t *keep = calloc(m->came_n + 1, sizeof(*keep));
	for (size_t i = 0; i < m->came_n; i++) {
		bool late = past(m->came[i], m->history);
		m->covered[i] = !late && m->resumed != NONE && m->came[i] <= m->resumed &&
				(m->paused == NONE || m->came[i] >= m->paused);
		m->identity[i] = m->came[i] + (late ? MOVE_CODE + m->rule->offset : 0);
		if (!m->covered[i])
			keep[kept++] = m->identity[i];
	}
	if (kept > m->catch_up)
		start = kept - m->catch_up;
	m->made_n = kept - start;
	memcpy(m->made, keep + start, m->made_n * sizeof(*keep));
	free(keep);
}

/* What does next_due_at say?  NONE: nothing, and nothing else is planned. */
static usec_t model_due(const struct model *m)
{
	usec_t due = m->due;
	bool ours = m->planned != NONE && sec_from_usec(due) == sec_from_usec(m->planned);
	if (ours || past(due, m->history)) {
		bool made = m->planned == NONE ||
			    (past(m->planned, m->history) &&
				    (m->ended ||
					    sec_from_usec(m->planned) + m->offset <= m->reached));
		due = made ? NONE : ours ? due : m->planned;
	}
	return due;
}

static void model_visit(struct model *m, usec_t now)
{
	usec_t *came = m->came;
	size_t n = 0;
	m->made_n = m->came_n = 0;
	bool look = m->edited != NONE && (m->active || m->ended);
	m->looked = !m->failed && (look || (m->active && m->due <= now));
	if (!m->looked)
		return;
	if (m->rule->bad) {
		m->failed = true;
		return;
	}
	usec_t due = model_due(m);
	bool planned = due != NONE && m->planned != NONE &&
		       sec_from_usec(due) == sec_from_usec(m->planned);
	bool set_by_application = due != NONE && !planned;
	if (set_by_application && due > now && allowed(m, due, m->used)) {
		m->edited = NONE; /* for later, and none of our business yet */
		m->active = true;
		m->ended = false;
		m->next = due;
		return;
	}
	/* Another zone: what is planned stays at its wall time. */
	sec_t shift = m->anchored ? m->offset - m->rule->offset : 0;
	bool moved = shift && !set_by_application, was_anchored = m->anchored;
	m->offset = m->rule->offset;
	bool off = set_by_application && !in_set(m->rule, m->anchor, sec_from_usec(due));
	if (!m->anchored || (off && allowed(m, due, m->used)))
		m->anchor = sec_from_usec(due) + m->rule->offset;
	m->anchored = true;
	/* Where to go on. */
	bool replan = m->edited != NONE && m->edited != ZONE_ONLY && !set_by_application;
	bool overtaken = replan && planned && (m->ended || !past(due, m->edited));
	bool stands = due != NONE && !overtaken;
	usec_t cursor = stands ? due : NONE;
	if (moved && planned) {
		usec_t before = (sec_from_usec(due) + shift - 1) * USEC_PER_SEC;
		overtaken = true;
		stands = false;
		cursor = replan ? m->edited : before;
	} else if (replan && (!moved || m->ended)) {
		cursor = later(cursor, m->edited);
	}
	bool nowhere = planned && !moved && m->edited == ZONE_ONLY && !m->ended &&
		       !in_set(m->rule, m->anchor, sec_from_usec(due));
	stands = stands && !nowhere;
	usec_t next = nowhere  ? nearest(m, sec_from_usec(due) * USEC_PER_SEC)
		      : stands ? due
			       : following(m, cursor);
	while (next <= now && allowed(m, next, m->used + (int64_t)n)) {
		assert_true(n < ARRAY_LEN(m->came));
		came[n++] = next;
		next = following(m, n == 1 && stands ? cursor : next);
	}
	bool over = !allowed(m, next, m->used + (int64_t)n);
	m->next = over ? NONE : next;
	m->came_n = n;
	model_make(m);
	m->used += (int64_t)n;
	if (n > 0) {
		sec_t last = sec_from_usec(came[n - 1]), wall = last + m->rule->offset;
		m->history = later(m->history, last * USEC_PER_SEC);
		m->reached = wall > m->reached ? wall : m->reached;
	}
	m->edited = NONE;
	m->active = !over;
	m->ended = over;
	if (!over)
		m->due = next;
	else if (n > 0)
		m->due = came[n - 1];
	else if (m->history != NONE && !set_by_application &&
		 sec_from_usec(m->due) * USEC_PER_SEC != m->history)
		m->due = m->history;
	if (set_by_application && n == 0 && was_anchored) /* nothing has come of it */
		m->offset = m->rule->offset + shift;
	m->planned = m->due;
}

static void model_save(
	struct model *m, const struct kind *rule, usec_t due, bool active, usec_t now)
{
	bool moved = sec_from_usec(due) != sec_from_usec(m->due), edited = rule != m->rule;
	bool only_zone = rule->step == m->rule->step && rule->weeks == m->rule->weeks &&
			 rule->count == m->rule->count && rule->until == m->rule->until &&
			 rule->bad == m->rule->bad;
	if (m->failed)
		m->failed = !edited && due == m->due;
	else if (edited && moved && !past(due, m->history))
		m->edited = NONE;
	else if (edited && m->anchored && !only_zone)
		m->edited = now;
	else if (edited && m->anchored && m->edited == NONE)
		m->edited = ZONE_ONLY;
	if (!active && m->active) {
		bool still_in_the_last = m->paused != NONE && m->resumed != NONE &&
					 m->due <= m->resumed;
		m->paused = still_in_the_last ? m->paused : now;
		m->resumed = NONE;
	} else if (active && !m->active) {
		m->resumed = now;
	}
	m->rule = rule;
	m->due = due;
	m->active = active;
}

/* ---- lives ---- */

static uint64_t random_state;

static uint64_t draw(uint64_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (random_state >> 11) % n;
}

static struct sim sim;
static struct model model;
static struct strbuf story;

static void save(const struct kind *rule, usec_t due, bool active, usec_t now)
{
	strbuf_addf(&story, "%s save %s due %s%s\n", short_instant(now), rule->json,
		short_instant(due), active ? "" : " paused");
	sim_save(&sim, rule->json, due, active, now);
	model_save(&model, rule, due, active, now);
}

static void check(bool holds, uint64_t seed, const char *what)
{
	if (holds)
		return;
	fputs(story.data, stderr);
	fail_msg("RECURD_SEED=%llu: %s; model: due %s used %lld %s; plan: due %s used %lld %s %s",
		(unsigned long long)seed, what, short_instant(model.due), (long long)model.used,
		model.active ? "active" : "inactive", short_instant(sim.row.next_due_at),
		(long long)sim.row.used_count, sim.row.is_active ? "active" : "inactive",
		sim.failure);
}

static enum recur_status next_fate(struct fates *fates, struct fate *fate)
{
	struct err err;
	enum recur_status status;
	while ((status = fates_next(fates, fate, &err)) == RECUR_AGAIN)
		fates_renew(fates);
	return status;
}

/* How far it has been made by its own clock, as the row tells it. */
static sec_t reached(const struct template *row, sec_t offset)
{
	sec_t made = sec_from_usec(row->made_through);
	return row->made_through == NONE ? LONG_AGO
	       : row->starts_code        ? made + row->starts_code - MOVE_CODE
					 : made + offset;
}

/* One after the other, without batches and budgets. */
static void check_fates(uint64_t seed)
{
	struct fates fates;
	struct err err;
	bool opens = fates_open(&sim.row, &sim.policy, false, &fates, &err);
	check(opens != model.rule->bad, seed, "whether the rule works");
	for (size_t i = 0; opens && i < model.came_n; i++) {
		struct fate fate = { 0 };
		check(next_fate(&fates, &fate) == RECUR_FOUND, seed, "fewer fates");
		strbuf_addf(&story, "  fate %s due %s, in the model %s\n",
			short_instant(fate.nominal), short_instant(fate.due),
			short_instant(model.came[i]));
		check(fate.nominal == model.identity[i] && fate.due == model.came[i], seed,
			"another fate");
		check(fate.kind == (model.covered[i] ? FATE_PAUSED : FATE_MADE), seed,
			"a fate of another kind");
	}
	struct fate next = { 0 };
	bool comes = opens && next_fate(&fates, &next) == RECUR_FOUND;
	check(!opens || comes == (model.next != NONE), seed, "the end of fates");
	check(!comes || next.due == model.next, seed, "another next fate");
	fates_close(&fates);
}

static void visit(usec_t now, uint64_t seed)
{
	static const size_t limits[] = { 1, 2, 7, 100, 1000 };
	model_visit(&model, now);
	if (model.looked)
		check_fates(seed);
	sim.made_n = 0;
	sim_run_in_batches(&sim, now, limits[draw(ARRAY_LEN(limits))]);
	strbuf_addf(&story, "%s visit: %zu made, last %s; model %zu, last %s\n", short_instant(now),
		sim.made_n, short_instant(sim.made_n ? sim.made[sim.made_n - 1] : NONE),
		model.made_n, short_instant(model.made_n ? model.made[model.made_n - 1] : NONE));
	check(sim.made_n == model.made_n, seed, "not as many are made");
	for (size_t i = 0; i < sim.made_n; i++)
		check(sim.made[i] == model.made[i], seed, "others are made");
	check(sim.failed == model.failed, seed, "quarantine");
	check(sim.row.is_active == model.active, seed, "is_active");
	check((sim.row.ended_at != NONE) == model.ended, seed, "ended_at");
	check(sim.row.next_due_at == model.due, seed, "next_due_at");
	check(sim.row.used_count == model.used, seed, "used_count");
	check(sim.row.made_through == model.history, seed, "made_through");
	check(reached(&sim.row, model.offset) == model.reached, seed, "how far it is made");
	check(!sim.row.is_active || sim.failed || sim.row.next_due_at > now, seed,
		"still due after a visit");
}

static usec_t some_instant(usec_t now)
{
	bool soon = draw(3) == 0; /* the clocks of RULES are eight hours apart */
	sec_t t = sec_from_usec(now) +
		  (soon ? (sec_t)draw(12 * 3600) - 2 * 3600 : (sec_t)draw(22 * 86400) - 2 * 86400);
	return t * USEC_PER_SEC + (draw(4) == 0 ? (usec_t)draw(USEC_PER_SEC) : 0);
}

static void live(uint64_t seed)
{
	random_state = seed * 0x9e3779b97f4a7c15u + 1;
	strbuf_free(&story);
	strbuf_init(&story, 1u << 20);
	bool pauses = draw(2);
	size_t kinds = pauses ? ARRAY_LEN(RULES) - DENSE : ARRAY_LEN(RULES);
	static const size_t catch_ups[] = { 1, 3, 20, 100 };
	const struct kind *rule = &RULES[draw(kinds)];
	usec_t now = at("01-06T10:00") + (usec_t)draw(USEC_PER_SEC);
	sim_init(&sim, rule->json, "01-06T10:00");
	sim.row.next_due_at = some_instant(now);
	sim.policy.catch_up_limit = catch_ups[draw(ARRAY_LEN(catch_ups))];
	model = (struct model){ .rule = rule,
		.due = sim.row.next_due_at,
		.planned = NONE,
		.history = NONE,
		.reached = LONG_AGO,
		.edited = NONE,
		.paused = NONE,
		.resumed = NONE,
		.active = true,
		.catch_up = sim.policy.catch_up_limit };
	strbuf_addf(&story, "%s insert %s due %s, catch_up_limit %zu\n", short_instant(now),
		rule->json, short_instant(model.due), model.catch_up);
	const struct kind *stale_rule = rule;
	usec_t stale_due = model.due;
	for (int step = 0; step < STEPS; step++) {
		now += (usec_t)draw(draw(8) == 0 ? 40 * 86400 : 2 * 86400) * USEC_PER_SEC +
		       (usec_t)draw(3) * 1234;
		bool active = model.active;
		switch (draw(12)) {
		case 0:
			save(&RULES[draw(kinds)], model.due, active, now);
			break;
		case 1:
			save(model.rule, some_instant(now), active, now);
			break;
		case 2: /* onto the set, where it is known */
			if (model.anchored && !model.rule->bad)
				save(model.rule, following(&model, now + (usec_t)draw(9) * DAY),
					active, now);
			break;
		case 3:
			save(&RULES[draw(kinds)], some_instant(now), active, now);
			break;
		case 4:
			save(stale_rule, stale_due, active, now);
			break;
		case 5: /* only its digits are cut */
			save(model.rule, sec_from_usec(model.due) * USEC_PER_SEC, active, now);
			break;
		case 6:
			save(model.rule, model.due, pauses ? !active : active, now);
			break;
		case 7:
			stale_rule = model.rule;
			stale_due = model.due;
			break;
		case 8: /* an edit with a stale instant, in one save */
			save(&RULES[draw(kinds)], stale_due, active, now);
			break;
		default:
			visit(now, seed);
			break;
		}
	}
}

static void lives_go_as_the_model_says(void **state)
{
	const char *wanted = getenv("RECURD_SEED");
	(void)state;
	if (wanted) {
		live(strtoull(wanted, NULL, 10));
		return;
	}
	for (uint64_t seed = 1; seed <= LIVES; seed++)
		live(seed);
	strbuf_free(&story);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(lives_go_as_the_model_says) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
