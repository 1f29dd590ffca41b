/* plan: a rule whose text has a DTSTART of its own. */
#include "plan/sim.h"

/* The last day of the month: what a start on the 31st means with SKIP=BACKWARD. */
#define MONTHLY(start)                                    \
	"{\"rrule\":\"DTSTART:" start "T100000Z\\nRRULE:" \
	"FREQ=MONTHLY;RSCALE=GREGORIAN;SKIP=BACKWARD\"}"
#define LAST_DAY MONTHLY("20241231")

static void an_instant_of_its_set_leaves_it_the_anchor(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, LAST_DAY, "02-28T10:00");
	sim_run(&sim, "04-01T00:00");
	sim_expect(&sim, "not the 28th from then on", "02-28T10:00 03-31T10:00 | next 04-30T10:00");
	assert_int_equal(sim.row.starts_local, at("2024-12-31T10:00") / USEC_PER_SEC);
}

static void any_other_instant_is_the_anchor_itself(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, LAST_DAY, "02-27T09:00");
	sim_run(&sim, "04-01T00:00");
	sim_expect(&sim, "the application is master", "02-27T09:00 03-27T09:00 | next 04-27T09:00");
	sim_init(&sim, LAST_DAY, "2024-11-30T10:00");
	sim_run(&sim, "02-01T00:00");
	sim_expect(&sim, "also before DTSTART",
		"2024-11-30T10:00 2024-12-30T10:00 01-30T10:00 | next 02-28T10:00");
}

static void an_edit_brings_its_own(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, "{\"frequency\":\"daily\"}", "01-06T07:00");
	sim_run(&sim, "01-06T07:00");
	sim_edit(&sim, LAST_DAY, "01-06T12:00");
	sim_run(&sim, "03-01T00:00");
	sim_expect(&sim, "its day and its hour",
		"01-06T07:00 01-31T10:00 02-28T10:00 | next 03-31T10:00");
	sim_edit(&sim, MONTHLY("20250115"), "03-01T12:00");
	sim_run(&sim, "03-15T10:00");
	sim_expect(&sim, "and another", "03-15T10:00 | next 04-15T10:00");
}

#define COUNTED(rest) "{\"rrule\":\"DTSTART:20250106T100000Z\\nRRULE:FREQ=DAILY;COUNT=5" rest "}"
#define RENAMED       COUNTED("\",\"recurrenceOverrides\":{\"2025-01-08T10:00:00\":{\"title\":\"x\"}}")

/* An imported series was made COUNT times from where it was met, unless an override renamed one of it. */
static void a_series_that_is_met_in_the_middle_has_begun(void **state)
{
	static const struct {
		const char *words, *rule, *due, *wanted;
	} cases[] = {
		{ "two are over", COUNTED("\""), "01-08T10:00",
			"01-08T10:00 01-09T10:00 01-10T10:00 | ended 01-10T10:00" },
		{ "as they are for all rules", RENAMED, "01-08T10:00",
			"01-08T10:00 01-09T10:00 01-10T10:00 | ended 01-10T10:00" },
		{ "an excluded start counts", COUNTED("\\nEXDATE:20250106T100000Z\""),
			"01-07T10:00",
			"01-07T10:00 01-08T10:00 01-09T10:00 01-10T10:00 | ended 01-10T10:00" },
		{ "beyond its end another begins", COUNTED("\""), "01-11T10:00",
			"01-11T10:00 01-12T10:00 01-13T10:00 01-14T10:00 01-15T10:00 | ended "
			"01-15T10:00" },
		{ "and for all rules", RENAMED, "01-11T10:00",
			"01-11T10:00 01-12T10:00 01-13T10:00 01-14T10:00 01-15T10:00 | ended "
			"01-15T10:00" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct sim at_once, daily, ahead;
		sim_init(&at_once, cases[i].rule, cases[i].due);
		daily = ahead = at_once;
		sim_run(&at_once, "02-01T00:00");
		sim_expect(&at_once, cases[i].words, cases[i].wanted);
		for (int day = 0; day < 20; day++)
			sim_run_in_batches(&daily, at("01-06T23:00") + day * DAY, 1);
		sim_expect(&daily, cases[i].words, cases[i].wanted);
		/* Planned, and again, before anything is due. */
		sim_edit(&ahead, cases[i].rule, "01-01T00:00");
		ahead.row.replan_at = at("01-01T00:00");
		sim_run(&ahead, "01-02T00:00");
		ahead.row.replan_at = at("01-03T00:00");
		sim_run(&ahead, "01-03T00:00");
		sim_run(&ahead, "02-01T00:00");
		sim_expect(&ahead, cases[i].words, cases[i].wanted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_instant_of_its_set_leaves_it_the_anchor),
		cmocka_unit_test(any_other_instant_is_the_anchor_itself),
		cmocka_unit_test(an_edit_brings_its_own),
		cmocka_unit_test(a_series_that_is_met_in_the_middle_has_begun),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
