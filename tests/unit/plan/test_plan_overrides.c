/* plan: what recurrenceOverrides change about single occurrences of a template. */
#include "plan/sim.h"

#define DAILY "{\"frequency\":\"daily\"}"

/* A weekly rule (Mondays from 2025-01-06, 10:00) with these overrides. */
#define WEEKLY(overrides) "{\"frequency\":\"weekly\",\"recurrenceOverrides\":{" overrides "}}"
#define MOVE(from, to)    "\"2025-" from ":00\":{\"start\":\"2025-" to ":00\"}"
#define EXCLUDE(when)     "\"2025-" when ":00\":{\"excluded\":true}"
#define ADD(when)         "\"2025-" when ":00\":{}"

/* Names are nominal instants: an occurrence that was moved keeps its own. */
static const struct {
	const char *words, *rule, *before, *early, *now, *wanted;
} moves[] = {
	{ "later: due when it stands, named as it was", WEEKLY(MOVE("01-13T10:00", "01-15T18:00")),
		"01-13T10:00", "01-06T10:00 | next 01-15T18:00", "01-15T18:00",
		"01-13T10:00 | next 01-20T10:00" },
	{ "earlier", WEEKLY(MOVE("01-20T10:00", "01-18T08:00")), "01-17T00:00",
		"01-06T10:00 01-13T10:00 | next 01-18T08:00", "01-18T08:00",
		"01-20T10:00 | next 01-27T10:00" },
	{ "past the next one: in the order in which they stand",
		WEEKLY(MOVE("01-13T10:00", "01-21T10:00")), "01-20T10:00",
		"01-06T10:00 01-20T10:00 | next 01-21T10:00", "01-27T10:00",
		"01-13T10:00 01-27T10:00 | next 02-03T10:00" },
	{ "an extra one", WEEKLY(ADD("01-08T12:00")), "01-06T10:00",
		"01-06T10:00 | next 01-08T12:00", "01-13T10:00",
		"01-08T12:00 01-13T10:00 | next 01-20T10:00" },
	{ "excluded ones, in a row", WEEKLY(EXCLUDE("01-13T10:00") "," EXCLUDE("01-20T10:00")),
		"01-06T10:00", "01-06T10:00 | next 01-27T10:00", "01-27T10:00",
		"01-27T10:00 | next 02-03T10:00" },
	{ "excluded where the rule has nothing", WEEKLY(EXCLUDE("01-14T10:00")), "01-06T10:00",
		"01-06T10:00 | next 01-13T10:00", "01-13T10:00", "01-13T10:00 | next 01-20T10:00" },
};

static void single_occurrences_stand_elsewhere(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(moves); i++) {
		struct sim sim;
		sim_init(&sim, moves[i].rule, "01-06T10:00");
		sim_run(&sim, moves[i].before);
		sim_expect(&sim, moves[i].words, moves[i].early);
		sim_run(&sim, moves[i].now);
		sim_expect(&sim, moves[i].words, moves[i].wanted);
	}
}

#define AT_ONE_INSTANT                                             \
	"{\"frequency\":\"daily\",\"recurrenceOverrides\":{" MOVE( \
		"01-07T10:00", "01-09T10:00") "," MOVE("01-08T10:00", "01-09T10:00") "}}"

/* Moved onto another: the day's own was made, or one of those that came to it, and the others were lost. */
static void several_may_stand_at_one_instant(void **state)
{
	struct sim at_once, daily, one_by_one;
	(void)state;
	sim_init(&at_once, AT_ONE_INSTANT, "01-06T10:00");
	sim_run(&at_once, "01-06T10:00");
	sim_expect(&at_once, "before", "01-06T10:00 | next 01-09T10:00");
	daily = one_by_one = at_once;
	daily.row.starts_zone = daily.zone;
	one_by_one.row.starts_zone = one_by_one.zone;
	sim_run(&at_once, "01-10T10:00");
	sim_expect(&at_once, "at once",
		"01-07T10:00 01-08T10:00 01-09T10:00 01-10T10:00 | next 01-11T10:00");
	sim_run(&daily, "01-09T10:00");
	sim_expect(&daily, "when they are due",
		"01-07T10:00 01-08T10:00 01-09T10:00 | next 01-10T10:00");
	sim_run_in_batches(&one_by_one, at("01-10T10:00"), 1);
	sim_expect(&one_by_one, "all of an instant, where a batch has room for one",
		"01-07T10:00 01-08T10:00 01-09T10:00 01-10T10:00 | next 01-11T10:00");
}

/* The budget of a plan, PLAN_STEPS beyond the limit, ends between two instants, never within one. */
static void an_instant_is_never_cut_by_the_budget(void **state)
{
	(void)state;
	for (size_t limit = 1; limit < 12; limit++) {
		struct strbuf rule CLEANUP(strbuf_free) = STRBUF(65536);
		struct sim sim;
		strbuf_add_text(&rule, "{\"frequency\":\"daily\",\"recurrenceOverrides\":{");
		/* The 1000th from the start is of 3 October. */
		for (int day = 3; day <= 11; day++)
			strbuf_addf(&rule,
				"%s\"2027-10-%02dT10:00:00\":{\"start\":\"2027-10-12T10:00:00\"}",
				day > 3 ? "," : "", day);
		strbuf_add_text(&rule, "}}");
		sim_init(&sim, rule.data, "01-06T10:00");
		sim.policy.catch_up_limit = limit;
		sim_run(&sim, "2028-06-01T00:00");
		assert_int_equal(sim.row.used_count,
			days_from_civil(2028, 6, 1) - days_from_civil(2025, 1, 6));
		assert_int_equal(sim.made_n, limit);
	}
}

static usec_t ticking_clock(void)
{
	static usec_t ticks;
	return ticks += 2;
}

/* Without patience the walk once stopped when excluded dates had filled it, and made what it had. */
static void excluded_dates_do_not_count_as_caught_up(void **state)
{
	const char *rule = WEEKLY(
		EXCLUDE("01-13T10:00") "," EXCLUDE("01-20T10:00") "," EXCLUDE("01-27T10:00"));
	struct sim sim;
	(void)state;
	sim_init(&sim, rule, "01-06T10:00");
	sim.policy.catch_up_limit = 2;
	sim.policy.patience = 1;
	sim.policy.clock = ticking_clock;
	sim_run(&sim, "03-18T00:00");
	sim_expect(&sim, "the newest two alone",
		"03-10T10:00 03-17T10:00 | dropped 6 | next 03-24T10:00");
}

static void a_plan_tells_what_is_changed(void **state)
{
	const char *rule = WEEKLY("\"2025-01-13T10:00:00\":{\"start\":\"2025-01-14T12:00:00\","
				  "\"title\":\"Other\",\"priority\":\"urgent\"}");
	struct sim sim;
	struct plan plan;
	(void)state;
	sim_init(&sim, rule, "01-06T10:00");
	plan_make(&sim.row, at("01-15T00:00"), &sim.policy, 10, &plan);
	assert_int_equal(plan.n, 2);
	assert_true(plan.fates[0].due == at("01-06T10:00") && !fate_is_changed(&plan.fates[0]));
	assert_true(plan.fates[1].nominal == at("01-13T10:00"));
	assert_true(plan.fates[1].due == at("01-14T12:00") && fate_is_changed(&plan.fates[1]));
	assert_string_equal(plan.fates[1].change.title, "Other");
	assert_null(plan.fates[1].change.description);
	plan_finish(&plan);
	sim_init(&sim, DAILY, "01-06T10:00");
	plan_make(&sim.row, at("01-15T00:00"), &sim.policy, 10, &plan);
	assert_true(!plan.rule && !fate_is_changed(&plan.fates[0]));
	plan_finish(&plan);
}

static void nothing_is_named_twice_when_a_move_is_taken_back(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, WEEKLY(MOVE("01-13T10:00", "01-10T10:00")), "01-06T10:00");
	sim_run(&sim, "01-10T10:00");
	sim_expect(
		&sim, "made on Friday, as Monday's", "01-06T10:00 01-13T10:00 | next 01-20T10:00");
	sim_edit(&sim, WEEKLY(""), "01-11T00:00");
	sim_run(&sim, "01-13T10:00");
	/* Monday's again: the same name, hence the same id, which the table has already. */
	sim_expect(&sim, "taken back on Saturday", "01-13T10:00 | next 01-20T10:00");
}

static void an_exclusion_that_comes_as_an_edit_moves_what_lies_ahead(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, WEEKLY(""), "01-06T10:00");
	sim_run(&sim, "01-06T10:00");
	sim_edit(&sim, WEEKLY(EXCLUDE("01-13T10:00")), "01-07T00:00");
	sim_run(&sim, "01-07T00:00");
	sim_expect(&sim, "holiday", "01-06T10:00 | next 01-20T10:00");
	sim_edit(&sim, WEEKLY(""), "01-08T00:00");
	sim_run(&sim, "01-08T00:00");
	sim_expect(&sim, "no holiday after all", "| next 01-13T10:00");
}

static void an_excluded_instant_that_the_application_sets_is_made(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, WEEKLY(EXCLUDE("01-13T10:00")), "01-06T10:00");
	sim_run(&sim, "01-06T10:00");
	sim_move(&sim, "01-13T10:00", "01-07T00:00");
	sim_run(&sim, "01-13T10:00");
	sim_expect(&sim, "as it stands, and the anchor stays",
		"01-06T10:00 01-13T10:00 | next 01-20T10:00");
	assert_int_equal(sim.row.starts_local, at("01-06T10:00") / USEC_PER_SEC);
}

#define THREE(overrides) \
	"{\"frequency\":\"daily\",\"count\":3,\"recurrenceOverrides\":{" overrides "}}"

static const struct {
	const char *words, *rule, *wanted;
} counts[] = {
	{ "an excluded one is one of them", THREE(EXCLUDE("01-07T10:00")),
		"01-06T10:00 01-08T10:00 | ended 01-08T10:00" },
	{ "the last is excluded", THREE(EXCLUDE("01-08T10:00")),
		"01-06T10:00 01-07T10:00 | ended 01-07T10:00" },
	{ "an extra one is none of them", THREE(ADD("01-07T15:00")),
		"01-06T10:00 01-07T10:00 01-07T15:00 01-08T10:00 | ended 01-08T10:00" },
	{ "one that is moved past the last is still one", THREE(MOVE("01-07T10:00", "01-20T10:00")),
		"01-06T10:00 01-08T10:00 01-07T10:00 | ended 01-20T10:00" },
};

static void overrides_do_not_slide_count(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		struct sim at_once, daily;
		sim_init(&at_once, counts[i].rule, "01-06T10:00");
		daily = at_once;
		sim_run(&at_once, "02-01T00:00");
		sim_expect(&at_once, counts[i].words, counts[i].wanted);
		for (int day = 0; day < 26; day++)
			sim_run_in_batches(&daily, at("01-06T10:00") + day * DAY, 1);
		sim_expect(&daily, counts[i].words, counts[i].wanted);
	}
}

#define FIVE \
	"{\"frequency\":\"daily\",\"count\":5,\"recurrenceOverrides\":{" EXCLUDE("01-10T10:00") "}}"

/* Holidays in a rule change nothing about COUNT: it is the template's, whatever became of the anchor. */
static void count_goes_across_a_moved_anchor_with_holidays(void **state)
{
	static const struct {
		const char *words, *due, *wanted;
	} cases[] = {
		{ "off the set", "01-09T18:00",
			"01-06T10:00 01-07T10:00 01-09T18:00 01-10T18:00 01-11T18:00 | ended "
			"01-11T18:00" },
		{ "onto the set", "01-09T10:00",
			"01-06T10:00 01-07T10:00 01-09T10:00 01-11T10:00 | ended 01-11T10:00" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct sim at_once, daily;
		sim_init(&at_once, FIVE, "01-06T10:00");
		sim_run(&at_once, "01-07T10:00");
		sim_move(&at_once, cases[i].due, "01-07T11:00");
		daily = at_once;
		if (daily.row.starts_zone)
			daily.row.starts_zone = daily.zone;
		sim_run(&at_once, "01-30T00:00");
		sim_expect(&at_once, cases[i].words, cases[i].wanted);
		for (int day = 1; day < 20; day++)
			sim_run_in_batches(&daily, at("01-06T23:00") + day * DAY, 1);
		sim_expect(&daily, cases[i].words, cases[i].wanted);
	}
}

static void edits_before_a_holiday_count_it_once(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, FIVE, "01-06T10:00");
	sim_run(&sim, "01-09T10:00");
	for (int edit = 0; edit < 3; edit++) {
		sim_edit(&sim,
			"{\"frequency\":\"daily\",\"count\":6,\"recurrenceOverrides\":{" EXCLUDE(
				"01-10T10:00") "}}",
			"01-09T11:00");
		sim_run(&sim, "01-09T11:00");
		sim_edit(&sim, FIVE, "01-09T12:00");
		sim_edit(&sim,
			"{\"frequency\":\"daily\",\"count\":6,\"recurrenceOverrides\":{" EXCLUDE(
				"01-10T10:00") "},\"interval\":1}",
			"01-09T12:00");
		sim_run(&sim, "01-09T12:00");
	}
	sim_run(&sim, "01-30T00:00");
	sim_expect(&sim, "six with the holiday",
		"01-06T10:00 01-07T10:00 01-08T10:00 01-09T10:00 01-11T10:00 | ended 01-11T10:00");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(single_occurrences_stand_elsewhere),
		cmocka_unit_test(several_may_stand_at_one_instant),
		cmocka_unit_test(an_instant_is_never_cut_by_the_budget),
		cmocka_unit_test(excluded_dates_do_not_count_as_caught_up),
		cmocka_unit_test(a_plan_tells_what_is_changed),
		cmocka_unit_test(nothing_is_named_twice_when_a_move_is_taken_back),
		cmocka_unit_test(an_exclusion_that_comes_as_an_edit_moves_what_lies_ahead),
		cmocka_unit_test(an_excluded_instant_that_the_application_sets_is_made),
		cmocka_unit_test(overrides_do_not_slide_count),
		cmocka_unit_test(count_goes_across_a_moved_anchor_with_holidays),
		cmocka_unit_test(edits_before_a_holiday_count_it_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
