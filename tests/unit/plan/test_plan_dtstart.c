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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_instant_of_its_set_leaves_it_the_anchor),
		cmocka_unit_test(any_other_instant_is_the_anchor_itself),
		cmocka_unit_test(an_edit_brings_its_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
