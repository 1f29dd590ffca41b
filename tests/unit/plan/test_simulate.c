/* simulate: leaps come to what single looks come to, and both to what a worker comes to. */
#include "plan/sim.h"

#include <stdlib.h>

#include "plan/simulate.h"

#define MADE_MAX 20000

/* What became of a template: each that was made, and when. */
struct story {
	usec_t nominal[MADE_MAX], at[MADE_MAX];
	size_t n, looks, leaps;
	int64_t skipped[FATE_KINDS];
	struct simulate end;
	char failure[ERR_TEXT_MAX];
};

static void remember(void *context, const struct simulate_look *look)
{
	struct story *story = context;
	story->looks++;
	story->leaps += look->leap;
	for (size_t i = 0; i < look->plan->n; i++) {
		const struct fate *fate = &look->plan->fates[i];
		story->skipped[fate->kind] += fate->number;
		if (fate->kind != FATE_MADE)
			continue;
		assert_true(story->n < MADE_MAX);
		story->nominal[story->n] = fate->nominal;
		story->at[story->n++] = simulate_fate_at(look, fate);
	}
	if (look->plan->outcome == PLAN_FAILED)
		snprintf(story->failure, sizeof(story->failure), "%s", look->plan->failure.text);
}

static struct story *story_of(const struct sim *sim, const char *from, const char *to,
	const struct simulate_gap *gaps, size_t gaps_n, bool stepwise)
{
	struct story *story = calloc(1, sizeof(*story));
	struct simulate_span span = {
		.from = at(from), .to = at(to), .gaps = gaps, .gaps_n = gaps_n, .stepwise = stepwise
	};
	simulate_begin(&sim->row, sim->failed, TEMPLATE_NONE, &story->end);
	simulate_run(&story->end, &span, &sim->policy, remember, story);
	return story;
}

/* At the end of a series a late worker has also passed what is excluded behind it. */
static void expect_the_same_row(
	const char *words, const struct template *a, const struct template *b)
{
	bool same = a->next_due_at == b->next_due_at && a->planned_due_at == b->planned_due_at &&
		    (a->made_through == b->made_through || !a->is_active) &&
		    a->is_active == b->is_active && a->starts_local == b->starts_local &&
		    a->starts_code == b->starts_code && a->replan_at == b->replan_at &&
		    (a->ended_at == TEMPLATE_NONE) == (b->ended_at == TEMPLATE_NONE) &&
		    strcmp(a->starts_zone ? a->starts_zone : "",
			    b->starts_zone ? b->starts_zone : "") == 0;
	if (!same)
		fail_msg("%s: stands on %s (planned %s), and on %s (planned %s)", words,
			short_instant(a->next_due_at), short_instant(a->planned_due_at),
			short_instant(b->next_due_at), short_instant(b->planned_due_at));
}

#define DAILY(more)     "{\"frequency\":\"daily\"" more "}"
#define OVERRIDES(text) ",\"recurrenceOverrides\":{" text "}"

static const struct {
	const char *words, *rule, *due;
	const char *paused, *resumed;
} lives[] = {
	{ "daily", DAILY(""), "01-06T10:00", NULL, NULL },
	{ "summer time", DAILY(",\"timeZone\":\"Europe/Berlin\""), "01-06T01:30", NULL, NULL },
	{ "in the gap of each spring", DAILY(",\"timeZone\":\"America/New_York\""), "01-06T07:30",
		NULL, NULL },
	{ "the 31st", "{\"frequency\":\"monthly\"}", "01-31T10:00", NULL, NULL },
	{ "a leap day", "{\"frequency\":\"yearly\"}", "2024-02-29T10:00", NULL, NULL },
	{ "counted", DAILY(",\"count\":30"), "01-06T10:00", NULL, NULL },
	{ "counted, with holidays",
		DAILY(",\"count\":30" OVERRIDES("\"2025-01-09T10:00:00\":{\"excluded\":true},"
						"\"2025-02-04T10:00:00\":{\"excluded\":true}")),
		"01-06T10:00", NULL, NULL },
	{ "until", DAILY(",\"end_date\":\"2025-03-01T10:00:00Z\""), "01-06T10:00", NULL, NULL },
	{ "moved past others, added, excluded",
		DAILY(OVERRIDES("\"2025-01-09T10:00:00\":{\"start\":\"2025-01-20T12:00:00\"},"
				"\"2025-02-20T10:00:00\":{\"start\":\"2025-02-10T12:00:00\"},"
				"\"2025-03-03T03:00:00\":{},"
				"\"2025-02-03T10:00:00\":{\"excluded\":true}")),
		"01-06T10:00", NULL, NULL },
	{ "two moved onto a third",
		DAILY(OVERRIDES("\"2025-01-09T10:00:00\":{\"start\":\"2025-01-20T10:00:00\"},"
				"\"2025-01-10T10:00:00\":{\"start\":\"2025-01-20T10:00:00\"}")),
		"01-06T10:00", NULL, NULL },
	{ "every half hour", "{\"rrule\":\"FREQ=MINUTELY;INTERVAL=30\"}", "01-06T10:00", NULL,
		NULL },
	{ "every hour, counted beyond a leap", "{\"rrule\":\"FREQ=HOURLY;COUNT=2500\"}",
		"01-06T10:00", NULL, NULL },
	{ "every ten minutes of some days",
		"{\"rrule\":\"FREQ=MINUTELY;INTERVAL=10;BYDAY=SA;BYMONTH=2\"}", "02-01T00:00", NULL,
		NULL },
	{ "a pause that lies ahead", DAILY(""), "01-06T10:00", "01-20T10:00", "01-25T09:00" },
	{ "set by the application, off the set", "{\"frequency\":\"weekly\"}", "01-05T10:00:00.5",
		NULL, NULL },
	{ "rare: no leap finds it at once",
		"{\"rrule\":\"FREQ=MONTHLY;BYMONTHDAY=29;BYMONTH=2;BYDAY=TU\"}", "01-06T10:00",
		NULL, NULL },
	{ "too often", "{\"rrule\":\"FREQ=SECONDLY\"}", "01-06T10:00", NULL, NULL },
	{ "no rule", "{\"frequency\":\"dayly\"}", "01-06T10:00", NULL, NULL },
};

static void expect_the_same_story(
	const char *words, const struct sim *sim, const struct simulate_gap *gaps, size_t gaps_n)
{
	struct story *leaping = story_of(sim, "01-06T00:00", "05-06T00:00", gaps, gaps_n, false);
	struct story *stepping = story_of(sim, "01-06T00:00", "05-06T00:00", gaps, gaps_n, true);
	if (leaping->n != stepping->n)
		fail_msg("%s: %zu were made, and one by one %zu", words, leaping->n, stepping->n);
	for (size_t k = 0; k < leaping->n; k++)
		if (leaping->nominal[k] != stepping->nominal[k] ||
			leaping->at[k] != stepping->at[k])
			fail_msg("%s: %s at %s, and one by one %s at %s", words,
				short_instant(leaping->nominal[k]), short_instant(leaping->at[k]),
				short_instant(stepping->nominal[k]),
				short_instant(stepping->at[k]));
	assert_string_equal(leaping->failure, stepping->failure);
	for (enum fate_kind kind = FATE_DROPPED; kind < FATE_KINDS; kind++)
		assert_int_equal(leaping->skipped[kind], stepping->skipped[kind]);
	expect_the_same_row(words, &leaping->end.row, &stepping->end.row);
	assert_int_equal(stepping->leaps, 0);
	free(leaping);
	free(stepping);
}

static void leaps_come_to_what_single_looks_come_to(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lives); i++) {
		struct sim sim;
		sim_init(&sim, lives[i].rule, lives[i].due);
		sim.row.paused_at = at_or_none(lives[i].paused);
		sim.row.resumed_at = at_or_none(lives[i].resumed);
		expect_the_same_story(lives[i].words, &sim, NULL, 0);
	}
}

static const struct policies policed[] = {
	{ .lead = 2 * HOUR },
	{ .lead = 72 * HOUR, .jitter = 24 * HOUR, .catch_up = POLICY_LATEST },
	{ .jitter = HOUR / 2, .catch_up = POLICY_NONE },
	{ .catch_up_window = HOUR, .catch_up_cap = 1, .lead = HOUR },
	{ .overlap = OVERLAP_SKIP },
	{ .overlap = OVERLAP_REPLACE, .lead = 30 * HOUR },
	{ .pause_catch_up = POLICY_LATEST, .jitter = HOUR },
	{ .pause_catch_up = POLICY_ALL, .lead = 5 * HOUR },
};

/* What is late is another matter than what is not, and of that there is some behind an outage. */
static void so_they_do_with_policies(void **state)
{
	struct simulate_gap gap = { at("01-15T11:00"), at("01-18T12:30") };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lives) * ARRAY_LEN(policed); i++) {
		struct sim sim;
		size_t life = i / ARRAY_LEN(policed), k = i % ARRAY_LEN(policed);
		struct policies policies = policed[k];
		char words[100];
		snprintf(words, sizeof(words), "%s, policies %zu", lives[life].words, k);
		sim_init(&sim, lives[life].rule, lives[life].due);
		sim.row.paused_at = at_or_none(lives[life].paused);
		sim.row.resumed_at = at_or_none(lives[life].resumed);
		sim.policy.catch_up_grace = 60 * USEC_PER_SEC;
		policies.wake_at = at("01-06T00:00");
		sim.row.policies = &policies;
		expect_the_same_story(words, &sim, &gap, 1);
	}
}

/* The worker of the other tests, who comes by every half hour. */
static void a_worker_comes_to_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lives); i++) {
		struct sim sim;
		sim_init(&sim, lives[i].rule, lives[i].due);
		sim.row.paused_at = at_or_none(lives[i].paused);
		sim.row.resumed_at = at_or_none(lives[i].resumed);
		struct story *story = story_of(&sim, "01-06T00:00", "02-28T12:00", NULL, 0, false);
		for (usec_t now = at("01-06T00:00"); now <= at("02-28T12:00"); now += HOUR / 2)
			sim_run_in_batches(&sim, now, 1000);
		if (story->n != sim.made_n)
			fail_msg(
				"%s: foretold %zu, made %zu", lives[i].words, story->n, sim.made_n);
		for (size_t k = 0; k < story->n; k++)
			if (story->nominal[k] != sim.made[k])
				fail_msg("%s: foretold %s, made %s", lives[i].words,
					short_instant(story->nominal[k]),
					short_instant(sim.made[k]));
		assert_string_equal(story->failure, sim.failure);
		expect_the_same_row(lives[i].words, &story->end.row, &sim.row);
		free(story);
	}
}

static void a_year_is_a_few_looks(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, DAILY(""), "01-06T10:00");
	struct story *story = story_of(&sim, "01-01T00:00", "2026-01-01T00:00", NULL, 0, false);
	assert_int_equal(story->n, 360);
	assert_true(story->looks <= 3);
	free(story);
	sim_init(&sim, "{\"rrule\":\"FREQ=HOURLY\"}", "01-06T10:00");
	story = story_of(&sim, "01-01T00:00", "2026-01-01T00:00", NULL, 0, false);
	assert_int_equal(story->n, 360 * 24 - 9);
	assert_true(story->looks <= 15);
	free(story);
}

/* "01-07T00:00 01-10T12:00": nobody is there meanwhile. */
static const struct {
	const char *words, *from, *until;
	size_t limit;
	size_t made, dropped;
	const char *late; /* when the first that was late was made; NULL: none was */
} outages[] = {
	{ "nothing was due", "01-07T11:00", "01-08T10:00", 100, 25, 0, NULL },
	{ "what was missed is made when somebody is back", "01-07T11:00", "01-10T12:00", 100, 25, 0,
		"01-10T12:00" },
	{ "of more than the limit the newest", "01-07T11:00", "01-10T12:00", 2, 24, 1,
		"01-10T12:00" },
	{ "the first instant of it is without, its last is not", "01-07T10:00", "01-08T10:00", 100,
		25, 0, "01-08T10:00" },
	{ "nobody comes back", "01-07T10:00", "03-01T00:00", 100, 1, 0, NULL },
};

static void what_falls_into_an_outage_is_caught_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(outages); i++) {
		struct sim sim;
		usec_t late = TEMPLATE_NONE;
		sim_init(&sim, DAILY(""), "01-06T10:00");
		sim.policy.catch_up_limit = outages[i].limit;
		struct simulate_gap gap = { at(outages[i].from), at(outages[i].until) };
		struct story *story = story_of(&sim, "01-06T00:00", "01-31T00:00", &gap, 1, false);
		for (size_t k = story->n; k-- > 0;)
			late = story->at[k] != story->nominal[k] ? story->at[k] : late;
		if (story->n != outages[i].made || late != at_or_none(outages[i].late) ||
			story->skipped[FATE_DROPPED] != (int64_t)outages[i].dropped)
			fail_msg("%s: made %zu, dropped %lld, late ones at %s", outages[i].words,
				story->n, (long long)story->skipped[FATE_DROPPED],
				short_instant(late));
		free(story);
	}
}

static void who_waits_for_nothing_is_not_looked_at(void **state)
{
	static const struct {
		usec_t due;
		bool active, failed;
	} rows[] = {
		{ USEC_INFINITY, true, false },
		{ TEMPLATE_NONE, true, false },
		{ INT64_C(1736157600) * USEC_PER_SEC, false, false },
		{ INT64_C(1736157600) * USEC_PER_SEC, true, true },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct sim sim;
		sim_init(&sim, DAILY(""), "01-06T10:00");
		sim.row.next_due_at = rows[i].due;
		sim.row.is_active = rows[i].active;
		sim.failed = rows[i].failed;
		struct story *story = story_of(&sim, "01-06T00:00", "01-31T00:00", NULL, 0, false);
		assert_int_equal(story->looks, 0);
		free(story);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaps_come_to_what_single_looks_come_to),
		cmocka_unit_test(so_they_do_with_policies),
		cmocka_unit_test(a_worker_comes_to_the_same),
		cmocka_unit_test(a_year_is_a_few_looks),
		cmocka_unit_test(what_falls_into_an_outage_is_caught_up),
		cmocka_unit_test(who_waits_for_nothing_is_not_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
