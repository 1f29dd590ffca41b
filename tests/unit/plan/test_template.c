/* template: which rows no plan can be made from, and what is said of them. */
#include "plan/sim.h"

#define DAILY "{\"frequency\":\"daily\"}"

enum column { ID, USER, DUE, PLANNED, MADE, REPLAN, LOCAL, USED, PAUSED, RESUMED, ENDED, CREATED };

static const struct {
	const char *words;
	enum column column;
	int64_t value;
	const char *wanted; /* NULL: it can be planned */
} cases[] = {
	{ "no id", ID, 0, "id: expected a text, got null" },
	{ "no user", USER, 0, "user_id: expected a text, got null" },
	{ "never due", DUE, TEMPLATE_NONE,
		"next_due_at: expected an instant in the years 1 to 9999, got null" },
	{ "due at the end of time", DUE, USEC_INFINITY,
		"next_due_at: expected an instant in the years 1 to 9999, got infinity" },
	{ "due since ever", DUE, USEC_MINUS_INFINITY,
		"next_due_at: expected an instant in the years 1 to 9999, got -infinity" },
	{ "due in the year 0", DUE, INT64_C(-62135596801) * USEC_PER_SEC,
		"next_due_at: expected an instant in the years 1 to 9999, got "
		"0000-12-31T23:59:59Z" },
	{ "due in the year 1", DUE, INT64_C(-62135596800) * USEC_PER_SEC, NULL },
	{ "due as late as can be written", DUE, INT64_C(253402300799) * USEC_PER_SEC, NULL },
	{ "never planned", PLANNED, TEMPLATE_NONE, NULL },
	{ "planned for ever", PLANNED, USEC_INFINITY,
		"planned_due_at: expected an instant in the years 1 to 9999, got infinity" },
	{ "nothing made", MADE, TEMPLATE_NONE, NULL },
	{ "made through all time", MADE, USEC_INFINITY,
		"made_through: expected an instant in the years 1 to 9999, got infinity" },
	{ "not edited", REPLAN, TEMPLATE_NONE, NULL },
	{ "rezoned", REPLAN, TEMPLATE_REZONE, NULL },
	{ "edited at the end of time", REPLAN, USEC_INFINITY,
		"replan_at: expected an instant in the years 1 to 9999, got infinity" },
	{ "an infinite anchor", LOCAL, USEC_INFINITY,
		"starts_local: expected a local time in the years 1 to 9999" },
	{ "nobody counted", USED, TEMPLATE_NONE, "used_count: expected a number, got null" },
	{ "counted backwards", USED, -1, "used_count: expected 0 to 1000000000000000000, got -1" },
	{ "a pause without a beginning", PAUSED, USEC_MINUS_INFINITY, NULL },
	{ "a pause without an end", RESUMED, USEC_INFINITY, NULL },
	{ "ended, at no time that there is", ENDED, USEC_INFINITY, NULL },
	{ "created before everything", CREATED, USEC_MINUS_INFINITY, NULL },
};

static void set(struct template *row, enum column column, int64_t value)
{
	int64_t *const columns[] = { [DUE] = &row->next_due_at,
		[PLANNED] = &row->planned_due_at,
		[MADE] = &row->made_through,
		[REPLAN] = &row->replan_at,
		[LOCAL] = &row->starts_local,
		[USED] = &row->used_count,
		[PAUSED] = &row->paused_at,
		[RESUMED] = &row->resumed_at,
		[ENDED] = &row->ended_at,
		[CREATED] = &row->created_at };
	if (column == ID)
		row->id = NULL;
	else if (column == USER)
		row->user_id = NULL;
	else
		*columns[column] = value;
}

static void a_row_says_which_of_its_columns_is_to_blame(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct sim sim;
		struct plan plan;
		sim_init(&sim, DAILY, "01-06T10:00");
		sim.row.starts_zone = "UTC";
		sim.row.starts_local = at("01-01T10:00") / USEC_PER_SEC;
		set(&sim.row, cases[i].column, cases[i].value);
		plan_make(&sim.row, at("01-06T10:00"), &sim.policy, 10, &plan);
		const char *got = plan.outcome == PLAN_FAILED ? plan.failure.text : NULL;
		if (!got != !cases[i].wanted || (got && strcmp(got, cases[i].wanted) != 0))
			fail_msg("%s: %s", cases[i].words, got ? got : "is planned");
		plan_finish(&plan);
	}
}

static void what_fails_stays_as_it_was(void **state)
{
	struct sim sim;
	struct plan plan;
	(void)state;
	sim_init(&sim, DAILY, "01-06T10:00");
	sim.row.starts_zone = "Europe/Berlin";
	sim.row.starts_local = USEC_INFINITY;
	sim.row.used_count = 7;
	sim.row.made_through = at("01-05T10:00");
	plan_make(&sim.row, at("01-06T10:00"), &sim.policy, 10, &plan);
	assert_int_equal(plan.outcome, PLAN_FAILED);
	assert_true(plan.starts_local == USEC_INFINITY && plan.used_count == 7);
	assert_string_equal(plan.starts_zone, "Europe/Berlin");
	assert_true(plan.made_through == at("01-05T10:00") && plan.is_active);
	assert_true(plan.next_due_at == at("01-06T10:00") && plan.turn == PLAN_GOES_ON);
	plan_finish(&plan);
}

/* A pause that ends before it begins, or never, at the edges of what can be computed with. */
static void absurd_pauses_keep_nobody_busy(void **state)
{
	static const usec_t ends[] = { USEC_MINUS_INFINITY, TEMPLATE_NONE, 0, USEC_INFINITY };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ends) * ARRAY_LEN(ends); i++) {
		struct sim sim;
		sim_init(&sim, "{\"rrule\":\"FREQ=MINUTELY\"}", "0001-01-01T00:00");
		sim.row.paused_at = ends[i / ARRAY_LEN(ends)];
		sim.row.resumed_at = ends[i % ARRAY_LEN(ends)];
		sim_run(&sim, "01-06T10:00");
		assert_true(!sim.failed && sim.calls < 260);
		assert_true(sim.row.next_due_at == at("01-06T10:01"));
	}
}

/* Whoever asks today for what was due last month has to wait since today. */
static void nobody_waits_before_it_was_asked_for(void **state)
{
	static const struct {
		const char *created, *resumed, *edited, *wake, *wanted;
	} rows[] = {
		{ NULL, NULL, NULL, NULL, "01-06T10:00" },
		{ "01-01T00:00", "01-02T00:00", "01-03T00:00", "01-04T00:00", "01-06T10:00" },
		{ "01-07T00:00", NULL, NULL, NULL, "01-07T00:00" },
		{ "01-07T00:00", "01-08T00:00", NULL, NULL, "01-08T00:00" },
		{ "01-07T00:00", "01-06T00:00", "01-09T00:00", NULL, "01-09T00:00" },
		{ "01-01T00:00", NULL, NULL, "01-09T12:00", "01-09T12:00" },
		{ "01-11T00:00", "01-12T00:00", "01-13T00:00", "01-14T00:00", "01-06T10:00" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct policies policies = { .wake_at = at_or_none(rows[i].wake) };
		struct template row = { .created_at = at_or_none(rows[i].created),
			.resumed_at = at_or_none(rows[i].resumed),
			.replan_at = at_or_none(rows[i].edited),
			.policies = rows[i].wake ? &policies : NULL };
		usec_t since = template_waits_since(&row, at("01-06T10:00"), at("01-10T00:00"));
		if (since != at(rows[i].wanted))
			fail_msg("row %zu: %s", i, short_instant(since));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_says_which_of_its_columns_is_to_blame),
		cmocka_unit_test(what_fails_stays_as_it_was),
		cmocka_unit_test(absurd_pauses_keep_nobody_busy),
		cmocka_unit_test(nobody_waits_before_it_was_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
