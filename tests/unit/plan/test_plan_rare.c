/* plan: a valid rule that is so rare that the time of one plan finds nothing.  Its template was quarantined, as if
 * the rule did not work.
 */
#include "plan/sim.h"

#define MOST_RARE                                                                                 \
	"\"rrule\":\"FREQ=SECONDLY;INTERVAL=86413;BYHOUR=3;BYMINUTE=7;BYSECOND=11;BYMONTHDAY=29;" \
	"BYMONTH=2;BYDAY=MO\""

static void expect_it_waits(struct sim *sim, const char *words, const char *at_least)
{
	if (sim->failed || !sim->row.is_active || sim->row.next_due_at < at(at_least))
		fail_msg("%s: %s, next %s, %s", words, sim->row.is_active ? "active" : "not active",
			short_instant(sim->row.next_due_at), sim->failure);
}

static void it_waits_and_the_search_goes_on_there(void **state)
{
	struct sim sim;
	usec_t searched;
	(void)state;
	sim_init(&sim, "{" MOST_RARE "}", "01-06T10:00");
	sim_run(&sim, "01-06T10:00");
	expect_it_waits(&sim, "what the application set is made", "3000-01-01T00:00");
	assert_int_equal(sim.made_n, 1);
	searched = sim.row.next_due_at;
	sim_run_in_batches(&sim, searched, 1000);
	expect_it_waits(&sim, "nothing is made where nothing is", "6000-01-01T00:00");
	assert_int_equal(sim.made_n, 1);
	sim_move(&sim, "2026-03-01T10:00", "2026-02-01T10:00");
	sim_run(&sim, "2026-03-01T10:00");
	expect_it_waits(&sim, "the application sets another", "3000-01-01T00:00");
	assert_true(sim.made_n == 2 && sim.made[1] == at("2026-03-01T10:00"));
	sim_edit(&sim, "{\"frequency\":\"daily\"}", "2026-03-02T12:00");
	sim_run(&sim, "2026-03-02T12:00");
	sim_expect(&sim, "an edit is none of its business",
		"01-06T10:00 2026-03-01T10:00 | next 2026-03-03T10:00");
}

static void what_an_override_adds_does_not_wait_for_it(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim,
		"{" MOST_RARE ",\"recurrenceOverrides\":{\"2025-02-01T10:00:00\":{},"
		"\"2025-02-02T10:00:00Z\":{},\"2025-02-03T10:00:00\":{\"excluded\":true}}}",
		"01-06T10:00");
	sim_run(&sim, "01-06T10:00");
	sim_run(&sim, "02-01T10:00");
	sim_run(&sim, "02-04T10:00");
	assert_int_equal(sim.made_n, 3);
	assert_true(sim.made[1] == at("02-01T10:00") && sim.made[2] == at("02-02T10:00"));
	expect_it_waits(&sim, "then it waits", "3000-01-01T00:00");
}

static void a_daily_rule_becomes_one_and_moves(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, "{\"frequency\":\"daily\",\"timeZone\":\"Europe/Berlin\"}", "01-06T08:00");
	sim_run(&sim, "01-06T08:00");
	sim_edit(&sim, "{" MOST_RARE ",\"timeZone\":\"Europe/London\"}", "01-06T09:00");
	sim_run(&sim, "01-06T09:00");
	expect_it_waits(&sim, "the plan of before is no instant of it", "3000-01-01T00:00");
	sim_edit(&sim, "{" MOST_RARE ",\"timeZone\":\"Europe/Berlin\"}", "01-06T09:00");
	sim_run(&sim, "01-06T09:00");
	expect_it_waits(&sim, "nor does it move", "3000-01-01T00:00");
	assert_int_equal(sim.made_n, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_waits_and_the_search_goes_on_there),
		cmocka_unit_test(what_an_override_adds_does_not_wait_for_it),
		cmocka_unit_test(a_daily_rule_becomes_one_and_moves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
