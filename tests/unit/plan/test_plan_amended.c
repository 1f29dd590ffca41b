/* plan: recurrenceOverrides that are edited while a series runs.  It is the series that it was: what is due stays due,
 * however long no worker looked, and what the application set is left out or moved like any other. */
#include "plan/sim.h"

#define DAILY(more, overrides) \
	"{\"frequency\":\"daily\"" more ",\"recurrenceOverrides\":{" overrides "}}"
#define MOVE(from, to) "\"2025-" from ":00\":{\"start\":\"2025-" to ":00\"}"
#define SKIP(when)     "\"2025-" when ":00\":{\"excluded\":true}"

/* A daily rule from 01-06T10:00; a worker looks at `before`, overrides come at `edit`, it looks again at `then` and
 * at `last`. */
static const struct {
	const char *words, *before, *rule, *edit, *then, *wanted, *last, *wanted_last;
} amended[] = {
	{ "the next one is left out", "01-07T10:00", DAILY("", SKIP("01-08T10:00")), "01-07T12:00",
		"01-07T12:00", "01-06T10:00 01-07T10:00 | next 01-09T10:00", "01-09T10:00",
		"01-09T10:00 | next 01-10T10:00" },
	{ "a later one is left out while no worker runs: what was missed is made all the same",
		"01-06T10:00", DAILY("", SKIP("01-20T10:00")), "01-08T12:00", "01-09T12:00",
		"01-06T10:00 01-07T10:00 01-08T10:00 01-09T10:00 | next 01-10T10:00", "01-10T10:00",
		"01-10T10:00 | next 01-11T10:00" },
	{ "one that is late already is left out", "01-06T10:00", DAILY("", SKIP("01-08T10:00")),
		"01-09T12:00", "01-09T12:00",
		"01-06T10:00 01-07T10:00 01-09T10:00 | next 01-10T10:00", "01-10T10:00",
		"01-10T10:00 | next 01-11T10:00" },
	{ "the one that is planned and late is left out", "01-06T10:00",
		DAILY("", SKIP("01-07T10:00")), "01-08T12:00", "01-08T12:00",
		"01-06T10:00 01-08T10:00 | next 01-09T10:00", "01-09T10:00",
		"01-09T10:00 | next 01-10T10:00" },
	{ "the next one is put off", "01-07T10:00", DAILY("", MOVE("01-08T10:00", "01-09T18:00")),
		"01-07T12:00", "01-09T12:00",
		"01-06T10:00 01-07T10:00 01-09T10:00 | next 01-09T18:00", "01-09T18:00",
		"01-08T10:00 | next 01-10T10:00" },
	{ "a later one is brought forward, before the next", "01-07T10:00",
		DAILY("", MOVE("01-12T10:00", "01-07T20:00")), "01-07T12:00", "01-08T10:00",
		"01-06T10:00 01-07T10:00 01-12T10:00 01-08T10:00 | next 01-09T10:00", "01-12T10:00",
		"01-09T10:00 01-10T10:00 01-11T10:00 | next 01-13T10:00" },
	{ "COUNT does not slide: what is left out is one of them", "01-07T10:00",
		DAILY(",\"count\":4", SKIP("01-08T10:00")), "01-07T12:00", "01-07T12:00",
		"01-06T10:00 01-07T10:00 | next 01-09T10:00", "01-31T00:00",
		"01-09T10:00 | ended 01-09T10:00" },
	{ "nor where the last one of COUNT is put off", "01-07T10:00",
		DAILY(",\"count\":3", MOVE("01-08T10:00", "01-12T08:00")), "01-07T12:00",
		"01-07T12:00", "01-06T10:00 01-07T10:00 | next 01-12T08:00", "01-31T00:00",
		"01-08T10:00 | ended 01-12T08:00" },
	{ "the last one before UNTIL may be put off beyond it", "01-07T10:00",
		DAILY(",\"until\":\"2025-01-08T10:00:00\"", MOVE("01-08T10:00", "01-12T08:00")),
		"01-07T12:00", "01-07T12:00", "01-06T10:00 01-07T10:00 | next 01-12T08:00",
		"01-31T00:00", "01-08T10:00 | ended 01-12T08:00" },
};

static const char *plain_of(const char *rule)
{
	static char text[200];
	snprintf(text, sizeof(text), "%.*s}", (int)(strstr(rule, ",\"recurrenceO") - rule), rule);
	return text;
}

static void the_series_is_the_one_that_it_was(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(amended); i++) {
		struct sim sim;
		sim_init(&sim, plain_of(amended[i].rule), "01-06T10:00");
		sim_run(&sim, amended[i].before);
		sim_amend(&sim, amended[i].rule, amended[i].edit);
		sim_run(&sim, amended[i].then);
		sim_expect(&sim, amended[i].words, amended[i].wanted);
		assert_true(sim.row.replan_at == TEMPLATE_NONE);
		sim_run(&sim, amended[i].last);
		sim_expect(&sim, amended[i].words, amended[i].wanted_last);
	}
}

static void what_was_left_out_comes_back(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, DAILY("", SKIP("01-08T10:00")), "01-06T10:00");
	sim_run(&sim, "01-07T10:00");
	sim_expect(&sim, "left out", "01-06T10:00 01-07T10:00 | next 01-09T10:00");
	sim_amend(&sim, DAILY("", ""), "01-07T12:00");
	sim_run(&sim, "01-07T12:00");
	sim_expect(&sim, "not left out any more", "| next 01-08T10:00");
}

/* The application's own next_due_at: of a new template, or of one that it set elsewhere. */
static const struct {
	const char *words, *rule, *now, *wanted, *last, *wanted_last;
} own[] = {
	{ "the first one is left out", DAILY("", SKIP("01-06T10:00")), "01-02T00:00",
		"| next 01-07T10:00", "01-08T10:00", "01-07T10:00 01-08T10:00 | next 01-09T10:00" },
	{ "and is one of COUNT", DAILY(",\"count\":3", SKIP("01-06T10:00")), "01-02T00:00",
		"| next 01-07T10:00", "01-31T00:00",
		"01-07T10:00 01-08T10:00 | ended 01-08T10:00" },
	{ "the first two", DAILY("", SKIP("01-06T10:00") "," SKIP("01-07T10:00")), "01-06T12:00",
		"| next 01-08T10:00", "01-08T10:00", "01-08T10:00 | next 01-09T10:00" },
	{ "the first one is put off", DAILY("", MOVE("01-06T10:00", "01-07T18:00")), "01-02T00:00",
		"| next 01-07T10:00", "01-08T10:00",
		"01-07T10:00 01-06T10:00 01-08T10:00 | next 01-09T10:00" },
	{ "and brought forward", DAILY("", MOVE("01-06T10:00", "01-05T18:00")), "01-02T00:00",
		"| next 01-05T18:00", "01-06T10:00", "01-06T10:00 | next 01-07T10:00" },
	{ "a later one is left out", DAILY("", SKIP("01-07T10:00")), "01-02T00:00",
		"| next 01-06T10:00", "01-08T10:00", "01-06T10:00 01-08T10:00 | next 01-09T10:00" },
};

static void what_the_application_set_is_left_out_like_any_other(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(own); i++) {
		struct sim sim;
		sim_init(&sim, plain_of(own[i].rule), "01-06T10:00");
		sim_amend(&sim, own[i].rule, "01-02T00:00");
		sim_run(&sim, own[i].now);
		sim_expect(&sim, own[i].words, own[i].wanted);
		sim_run(&sim, own[i].last);
		sim_expect(&sim, own[i].words, own[i].wanted_last);
	}
}

/* A month's last day that is left out once stays the month's last day. */
static void the_anchor_stays(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, "{\"frequency\":\"monthly\",\"skip\":\"backward\"}", "01-31T10:00");
	sim_amend(&sim,
		"{\"frequency\":\"monthly\",\"skip\":\"backward\",\"recurrenceOverrides\":{" SKIP(
			"01-31T10:00") "}}",
		"01-02T00:00");
	sim_run(&sim, "04-01T00:00");
	sim_expect(&sim, "the 31st", "02-28T10:00 03-31T10:00 | next 04-30T10:00");
}

/* The rest of a series, cut off another: COUNT goes on where that had come to. */
static void the_rest_of_a_series_has_what_remains_of_count(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, "{\"frequency\":\"daily\",\"count\":6}", "01-06T10:00");
	sim_run(&sim, "01-07T10:00");
	sim_expect(&sim, "before", "01-06T10:00 01-07T10:00 | next 01-08T10:00");
	sim.row.next_due_at = sim.row.planned_due_at = at("01-10T10:00");
	sim.row.replan_at = at("01-10T09:59") + 59 * USEC_PER_SEC + TEMPLATE_SPLIT;
	sim_run(&sim, "01-07T12:00");
	sim_expect(&sim, "cut off", "| next 01-10T10:00");
	sim_run(&sim, "01-31T00:00");
	sim_expect(&sim, "two are left", "01-10T10:00 01-11T10:00 | ended 01-11T10:00");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_series_is_the_one_that_it_was),
		cmocka_unit_test(what_was_left_out_comes_back),
		cmocka_unit_test(what_the_application_set_is_left_out_like_any_other),
		cmocka_unit_test(the_anchor_stays),
		cmocka_unit_test(the_rest_of_a_series_has_what_remains_of_count),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
