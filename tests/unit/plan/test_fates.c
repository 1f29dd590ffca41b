/* fates: the iterator by itself, and its consumers: what plan lists, and what outlook foretells. */
#include "plan/sim.h"

#include "plan/fates.h"
#include "plan/outlook.h"

#define DAILY         "{\"frequency\":\"daily\"}"
#define EXCLUDE(when) "\"2025-" when ":00\":{\"excluded\":true}"
#define MOVE(a, b)    "\"2025-" a ":00\":{\"start\":\"2025-" b ":00\"}"
#define COUNTED(n, overrides) \
	"{\"frequency\":\"daily\",\"count\":" #n ",\"recurrenceOverrides\":{" overrides "}}"

/* "01-06T10:00 01-07T10:00=01-08T18:00! ...": nominal, =due where it differs, ! excluded, ~ paused, - adopted. */
static void tell(const struct fate *fate, struct strbuf *text)
{
	static const char marks[] = { [FATE_EXCLUDED] = '!',
		[FATE_DROPPED] = '?',
		[FATE_PAUSED] = '~',
		[FATE_ADOPTED] = '-',
		[FATE_COALESCED] = 'c',
		[FATE_WINDOW] = 'w',
		[FATE_LATE] = 'l',
		[FATE_CAPPED] = 'k',
		[FATE_OVERLAPPED] = 'o' };
	if (text->len > 0)
		strbuf_add_char(text, ' ');
	strbuf_add_text(text, short_instant(fate->nominal));
	if (fate->due != fate->nominal)
		strbuf_addf(text, "=%s", short_instant(fate->due));
	if (fate->kind != FATE_MADE)
		strbuf_add_char(text, marks[fate->kind]);
	assert_true(fate->fire == fate->due && fate->through == fate->due && fate->number == 1);
}

static void expect_fates(struct sim *sim, size_t n, const char *words, const char *wanted)
{
	struct strbuf text CLEANUP(strbuf_free);
	struct fates fates;
	struct err err;
	strbuf_init(&text, 65536);
	if (!fates_open(&sim->row, &sim->policy, false, &fates, &err))
		fail_msg("%s: %s", words, err.text);
	while (n-- > 0) {
		struct fate fate;
		enum recur_status status = fates_next(&fates, &fate, &err);
		assert_true(status == RECUR_FOUND || status == RECUR_END);
		if (status == RECUR_END) {
			strbuf_add_text(&text, " end");
			break;
		}
		tell(&fate, &text);
	}
	fates_close(&fates);
	if (strcmp(text.data, wanted) != 0)
		fail_msg("%s:\n  expected \"%s\"\n  got      \"%s\"", words, wanted, text.data);
}

static const struct {
	const char *words, *rule, *due, *wanted;
} firsts[] = {
	{ "without an end", DAILY, "01-06T10:00",
		"01-06T10:00 01-07T10:00 01-08T10:00 01-09T10:00" },
	{ "the first stands, with its microseconds, and off the set",
		"{\"frequency\":\"weekly\",\"days\":[\"mon\"]}", "01-08T10:00:00.500000",
		"01-08T10:00:00.500000 01-13T10:00 01-20T10:00 01-27T10:00" },
	{ "until", "{\"frequency\":\"daily\",\"end_date\":\"2025-01-07T10:00:00Z\"}", "01-06T10:00",
		"01-06T10:00 01-07T10:00 end" },
	{ "beyond until", "{\"frequency\":\"daily\",\"end_date\":\"2025-01-05T10:00:00Z\"}",
		"01-06T10:00", " end" },
	{ "COUNT, with what is excluded", COUNTED(3, EXCLUDE("01-07T10:00")), "01-06T10:00",
		"01-06T10:00 01-07T10:00! 01-08T10:00 end" },
	{ "moved ones in the order in which they stand",
		COUNTED(4, MOVE("01-07T10:00", "01-08T18:00")), "01-06T10:00",
		"01-06T10:00 01-08T10:00 01-07T10:00=01-08T18:00 01-09T10:00" },
};

static void of_a_new_template(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(firsts); i++) {
		struct sim sim;
		sim_init(&sim, firsts[i].rule, firsts[i].due);
		expect_fates(&sim, 4, firsts[i].words, firsts[i].wanted);
	}
}

static void each_has_been_through_the_stages(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, COUNTED(9, EXCLUDE("01-07T10:00")), "01-06T10:00");
	sim.policy.live_since = at("01-08T12:00");
	sim.row.paused_at = at("01-09T00:00");
	sim.row.resumed_at = at("01-10T12:00");
	expect_fates(&sim, 7, "adopted, excluded, paused, made",
		"01-06T10:00- 01-07T10:00! 01-08T10:00- 01-09T10:00~ 01-10T10:00~ 01-11T10:00 "
		"01-12T10:00");
}

/* Excluded dates that were passed while nobody looked come first: they have used up COUNT. */
static void what_was_passed_comes_first(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(
		&sim, COUNTED(6, EXCLUDE("01-08T10:00") "," EXCLUDE("01-09T10:00")), "01-06T10:00");
	sim_run(&sim, "01-07T10:00");
	assert_true(sim.row.next_due_at == at("01-10T10:00") && sim.row.used_count == 2);
	expect_fates(&sim, 9, "two of six are gone, two were excluded, two are left",
		"01-08T10:00! 01-09T10:00! 01-10T10:00 01-11T10:00 end");
}

static void after_an_edit_it_goes_on_after_it(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, "{\"frequency\":\"weekly\"}", "01-06T10:00");
	sim_run(&sim, "01-06T10:00");
	sim_edit(&sim, DAILY, "01-09T12:00");
	expect_fates(&sim, 2, "nothing from before it", "01-10T10:00 01-11T10:00");
}

static void a_rule_that_does_not_work_does_not_open(void **state)
{
	struct sim sim;
	struct fates fates;
	struct err err;
	(void)state;
	sim_init(&sim, "{\"frequency\":\"hourlyish\"}", "01-06T10:00");
	assert_false(fates_open(&sim.row, &sim.policy, false, &fates, &err));
	assert_non_null(strstr(err.text, "recurrence_rule.frequency"));
	fates_close(&fates);
}

/* ---- the plan's list ---- */

static void expect_list(const struct plan *plan, const char *wanted)
{
	struct strbuf text CLEANUP(strbuf_free);
	strbuf_init(&text, 65536);
	for (size_t i = 0; i < plan->n; i++) {
		const struct fate *fate = &plan->fates[i];
		strbuf_addf(&text, "%s%s %s", i > 0 ? ", " : "", fate_kind_name(fate->kind),
			short_instant(fate->due));
		if (fate->number > 1)
			strbuf_addf(&text, " to %s (%lld)", short_instant(fate->through),
				(long long)fate->number);
	}
	if (strcmp(text.data, wanted) != 0)
		fail_msg("\n  expected \"%s\"\n  got      \"%s\"", wanted, text.data);
}

/* Those of a kind that follow each other are one, so that reasons that alternate could be told one by
 * one; decisions tell each kind together. */
static void a_plan_lists_what_became_of_all(void **state)
{
	struct sim sim;
	struct plan plan;
	(void)state;
	sim_init(&sim,
		"{\"frequency\":\"daily\",\"recurrenceOverrides\":{" EXCLUDE(
			"01-10T10:00") "," EXCLUDE("01-13T10:00") "}}",
		"01-06T10:00");
	sim.row.paused_at = at("01-08T00:00");
	sim.row.resumed_at = at("01-12T00:00");
	sim.policy.catch_up_limit = 2;
	plan_make(&sim.row, at("01-15T12:00"), &sim.policy, 1000, &plan);
	expect_list(&plan,
		"dropped 01-06T10:00 to 01-07T10:00 (2), paused 01-08T10:00 to 01-09T10:00 (2), "
		"excluded 01-10T10:00, paused 01-11T10:00, dropped 01-12T10:00, excluded "
		"01-13T10:00, "
		"made 01-14T10:00, made 01-15T10:00");
	assert_int_equal(plan.made_n, 2);
	struct plan_skipped dropped = plan_skipped(&plan, FATE_DROPPED);
	assert_int_equal(dropped.occurrences, 3);
	assert_true(dropped.first_at == at("01-06T10:00") && dropped.last_at == at("01-12T10:00"));
	struct plan_skipped paused = plan_skipped(&plan, FATE_PAUSED);
	assert_int_equal(paused.occurrences, 3);
	assert_true(paused.first_at == at("01-08T10:00") && paused.last_at == at("01-11T10:00"));
	assert_int_equal(plan_skipped(&plan, FATE_ADOPTED).occurrences, 0);
	assert_int_equal(plan.used_count, 10);
	plan_finish(&plan);
}

static void a_plan_says_when_to_look_again(void **state)
{
	struct sim sim;
	struct plan plan;
	(void)state;
	sim_init(&sim, DAILY, "01-06T10:00");
	plan_make(&sim.row, at("01-08T12:00"), &sim.policy, 2, &plan);
	assert_true(plan.next_due_at == at("01-08T10:00") && plan.wake_at == plan.next_due_at);
	plan_finish(&plan);
	plan_make(&sim.row, at("01-08T12:00"), &sim.policy, 10, &plan);
	assert_true(plan.next_due_at == at("01-09T10:00") && plan.wake_at == plan.next_due_at);
	plan_finish(&plan);
	sim_init(&sim, COUNTED(2, ""), "01-06T10:00");
	plan_make(&sim.row, at("01-08T12:00"), &sim.policy, 10, &plan);
	assert_true(plan.next_due_at == at("01-07T10:00") && plan.wake_at == TEMPLATE_NONE);
	plan_finish(&plan);
}

static usec_t ticks;

static usec_t ticking_clock(void)
{
	return ticks += USEC_PER_MSEC;
}

/* The clock is an argument: after so many looks at it, the plan stops where it stands. */
static void patience_ends_by_the_clock_that_is_given(void **state)
{
	struct sim sim;
	struct plan plan;
	(void)state;
	sim_init(&sim, DAILY, "01-06T10:00");
	sim.policy.catch_up_limit = 3;
	sim.policy.patience = 10 * USEC_PER_MSEC;
	sim.policy.clock = ticking_clock;
	plan_make(&sim.row, at("03-01T12:00"), &sim.policy, 1000, &plan);
	/* Four are found before one is sure to be dropped; then each costs a look at the clock. */
	expect_list(&plan, "dropped 01-06T10:00 to 01-16T10:00 (11)");
	assert_true(plan.next_due_at == at("01-17T10:00"));
	plan_finish(&plan);
	sim_run(&sim, "03-01T12:00");
	sim_expect(&sim, "the same in the end",
		"02-27T10:00 02-28T10:00 03-01T10:00 | dropped 52 | next 03-02T10:00");
}

/* ---- what is foretold ---- */

static void expect_outlook(struct sim *sim, size_t n, const char *wanted)
{
	struct strbuf text CLEANUP(strbuf_free);
	struct outlook *outlook CLEANUP(outlook_cleanup) = NULL;
	struct fate fate;
	struct err err;
	strbuf_init(&text, 65536);
	if (!outlook_open(&sim->row, &sim->policy, &outlook, &err))
		fail_msg("%s", err.text);
	while (n-- > 0 && outlook_next(outlook, &fate, &err) == RECUR_FOUND)
		strbuf_addf(&text, "%s ", short_instant(fate.due));
	if (strcmp(text.data, wanted) != 0)
		fail_msg("\n  expected \"%s\"\n  got      \"%s\"", wanted, text.data);
}

/* The outlook once walked by itself, and did not count the excluded dates between what was made and what
 * came next: it foretold an occurrence that was never made. */
static void an_outlook_counts_what_was_passed(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(
		&sim, COUNTED(6, EXCLUDE("01-08T10:00") "," EXCLUDE("01-09T10:00")), "01-06T10:00");
	sim_run(&sim, "01-07T10:00");
	expect_outlook(&sim, 9, "01-10T10:00 01-11T10:00 ");
	sim.made_n = 0;
	sim_run(&sim, "03-01T00:00");
	sim_expect(&sim, "as foretold", "01-10T10:00 01-11T10:00 | ended 01-11T10:00");
}

static void an_outlook_tells_occurrences_whatever_becomes_of_them(void **state)
{
	struct sim sim;
	(void)state;
	sim_init(&sim, DAILY, "01-06T10:00");
	sim.row.paused_at = at("01-07T00:00");
	sim.row.resumed_at = at("01-08T00:00");
	sim.policy.live_since = at("01-06T12:00");
	sim.policy.catch_up_limit = 1;
	expect_outlook(&sim, 3, "01-06T10:00 01-07T10:00 01-08T10:00 ");
}

/* The first stands by itself, and still it is told that its clock skips the time that the rule says. */
static void an_outlook_tells_how_the_first_fits_its_clock(void **state)
{
	struct sim sim;
	struct outlook *outlook CLEANUP(outlook_cleanup) = NULL;
	struct fate fate;
	struct err err;
	(void)state;
	sim_init(
		&sim, "{\"frequency\":\"daily\",\"timeZone\":\"America/New_York\"}", "03-08T07:30");
	sim_run(&sim, "03-08T07:30");
	assert_true(sim.row.next_due_at == at("03-09T07:30"));
	assert_true(outlook_open(&sim.row, &sim.policy, &outlook, &err));
	assert_int_equal(outlook_next(outlook, &fate, &err), RECUR_FOUND);
	assert_true(fate.due == at("03-09T07:30") && fate.fit == ZONE_GAP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_a_new_template),
		cmocka_unit_test(each_has_been_through_the_stages),
		cmocka_unit_test(what_was_passed_comes_first),
		cmocka_unit_test(after_an_edit_it_goes_on_after_it),
		cmocka_unit_test(a_rule_that_does_not_work_does_not_open),
		cmocka_unit_test(a_plan_lists_what_became_of_all),
		cmocka_unit_test(a_plan_says_when_to_look_again),
		cmocka_unit_test(patience_ends_by_the_clock_that_is_given),
		cmocka_unit_test(an_outlook_counts_what_was_passed),
		cmocka_unit_test(an_outlook_tells_occurrences_whatever_becomes_of_them),
		cmocka_unit_test(an_outlook_tells_how_the_first_fits_its_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
