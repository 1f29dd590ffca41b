/* stages: each row of the table by itself, then what they say together.
 *
 * Occurrences are written as a line: one letter each, a day apart from 2025-01-06T10:00 on.  "m" is to be
 * made; upper case, what a stage made of it: E excluded, D dropped, P paused, A adopted, and "x" is what
 * the rule excludes.  "+" is what was passed over, many at once.
 */
#include "plan/sim.h"
#include "plan/stages.h"

#define DAYS_MAX 20

static const char letters[] = { [FATE_MADE] = 'm',
	[FATE_EXCLUDED] = 'E',
	[FATE_DROPPED] = 'D',
	[FATE_PAUSED] = 'P',
	[FATE_ADOPTED] = 'A',
	[FATE_COALESCED] = 'C',
	[FATE_WINDOW] = 'W',
	[FATE_LATE] = 'L',
	[FATE_CAPPED] = 'K',
	[FATE_SKIPPED] = 'S',
	[FATE_OVERLAPPED] = 'O',
	[FATE_LIMITED] = 'M' };

static struct fate fate_of(char letter, size_t day)
{
	usec_t due = at("01-06T10:00") + (usec_t)day * DAY;
	struct fate fate = {
		.nominal = due, .stands = due, .due = due, .fire = due, .through = due, .number = 1
	};
	for (enum fate_kind kind = FATE_MADE; kind < FATE_KINDS; kind++)
		if (letters[kind] == letter)
			fate.kind = kind;
	fate.excluded = letter == 'x';
	if (letter == '+')
		fate.number = 300000;
	return fate;
}

static size_t read_line(const char *line, struct fate *fates)
{
	size_t n = strlen(line);
	assert_true(n <= DAYS_MAX);
	for (size_t i = 0; i < n; i++)
		fates[i] = fate_of(line[i], i);
	return n;
}

static const struct stage *stage_named(const char *name)
{
	size_t i = 0;
	while (i + 1 < STAGES && strcmp(stages[i].name, name) != 0)
		i++;
	assert_string_equal(stages[i].name, name);
	return &stages[i];
}

#define LATEST  PLAN_BACKLOG_LATEST
#define ALL     PLAN_BACKLOG_ALL
#define NOTHING PLAN_BACKLOG_NONE

static const struct {
	const char *words, *stage, *line;
	const char *paused, *resumed; /* NULL: none */
	const char *live_since; /* NULL: not adopting */
	enum plan_backlog backlog;
	size_t limit;
	const char *wanted;
} cases[] = {
	{ "nothing is excluded", "excluded", "mmm", NULL, NULL, NULL, LATEST, 9, "mmm" },
	{ "what the rule says", "excluded", "mxmx", NULL, NULL, NULL, LATEST, 9, "mEmE" },

	{ "no pause", "paused", "mmm", NULL, NULL, NULL, LATEST, 9, "mmm" },
	{ "a pause that goes on is nothing yet: nobody asks for the template", "paused", "mmm",
		"01-07T00:00", NULL, NULL, LATEST, 9, "mmm" },
	{ "both ends belong to it", "paused", "mmmmm", "01-07T10:00", "01-09T10:00", NULL, LATEST,
		9, "mPPPm" },
	{ "a second after its beginning, a second before its end", "paused", "mmmmm",
		"01-07T10:00:01", "01-09T09:59:59", NULL, LATEST, 9, "mmPmm" },
	{ "nobody saw it begin", "paused", "mmmmm", NULL, "01-08T12:00", NULL, LATEST, 9, "PPPmm" },
	{ "it ends before it begins", "paused", "mmmmm", "01-09T00:00", "01-07T00:00", NULL, LATEST,
		9, "mmmmm" },
	{ "what was decided before stands", "paused", "EmADm", "01-01T00:00", "02-01T00:00", NULL,
		LATEST, 9, "EPADP" },

	{ "not from before the first start", "adopted", "mmm", NULL, NULL, NULL, LATEST, 9, "mmm" },
	{ "through live_since", "adopted", "mmmm", NULL, NULL, "01-08T10:00", LATEST, 9, "AAAm" },
	{ "none", "adopted", "mmmm", NULL, NULL, "01-08T10:00", NOTHING, 9, "AAAm" },
	{ "all are made", "adopted", "mmmm", NULL, NULL, "01-08T10:00", ALL, 9, "mmmm" },
	{ "a pause stands", "adopted", "mPPm", NULL, NULL, "01-08T10:00", LATEST, 9, "APPm" },

	{ "the newest of them is made", "latest", "AAAm", NULL, NULL, "01-08T10:00", LATEST, 9,
		"AAmm" },
	{ "not what was paused", "latest", "AAPP", NULL, NULL, "01-08T10:00", LATEST, 9, "AmPP" },
	{ "none is none", "latest", "AAAm", NULL, NULL, "01-08T10:00", NOTHING, 9, "AAAm" },
	{ "newer ones follow", "latest", "AAA+", NULL, NULL, "01-08T10:00", LATEST, 9, "AAAm" },
	{ "nothing was adopted", "latest", "mm", NULL, NULL, NULL, LATEST, 9, "mm" },
	{ "nothing at all", "latest", "", NULL, NULL, NULL, LATEST, 9, "" },

	{ "as many as the limit", "caught up", "mmm", NULL, NULL, NULL, LATEST, 3, "mmm" },
	{ "the oldest are dropped", "caught up", "mmmmm", NULL, NULL, NULL, LATEST, 3, "DDmmm" },
	{ "what is not made counts for nothing", "caught up", "mEmPmAm", NULL, NULL, NULL, LATEST,
		2, "DEDPmAm" },
	{ "newer ones follow, and enough of them", "caught up", "mEm+", NULL, NULL, NULL, LATEST, 3,
		"DEDD" },
	{ "nothing at all", "caught up", "", NULL, NULL, NULL, LATEST, 3, "" },

	{ "as many as the user may have", "limited", "mmm", NULL, NULL, NULL, LATEST, 3, "mmm" },
	{ "the newest are left out", "limited", "mmmmm", NULL, NULL, NULL, LATEST, 3, "mmmMM" },
	{ "nothing is left", "limited", "mmm", NULL, NULL, NULL, LATEST, 0, "MMM" },
	{ "what is not made anyway counts for nothing", "limited", "DmEmPm", NULL, NULL, NULL,
		LATEST, 2, "DmEmPM" },
};

static struct sim sim;

static struct stage_view view_of(size_t i)
{
	sim_init(&sim, "{}", "01-06T10:00");
	sim.row.paused_at = at_or_none(cases[i].paused);
	sim.row.resumed_at = at_or_none(cases[i].resumed);
	sim.policy.catch_up_limit = cases[i].limit;
	sim.policy.limited = true;
	sim.policy.allowance = cases[i].limit;
	sim.policy.adopt_backlog = cases[i].backlog;
	if (cases[i].live_since)
		sim.policy.live_since = at(cases[i].live_since);
	return (struct stage_view){ &sim.row, &sim.policy, cases[i].live_since != NULL, INT64_MIN,
		INT64_MIN, NULL };
}

static void expect(const char *words, const struct fate *fates, size_t n, const char *wanted)
{
	char line[DAYS_MAX + 1] = "";
	for (size_t i = 0; i < n; i++)
		line[i] = letters[fates[i].kind];
	if (strcmp(line, wanted) != 0)
		fail_msg("%s: expected \"%s\", got \"%s\"", words, wanted, line);
}

static void each_stage_decides_about_its_own(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fate fates[DAYS_MAX];
		size_t n = read_line(cases[i].line, fates);
		struct stage_view view = view_of(i);
		stage_named(cases[i].stage)->apply(&view, fates, n);
		expect(cases[i].words, fates, n, cases[i].wanted);
	}
}

/* Those that look at one occurrence do not mind how many they are given. */
static void one_by_one_is_as_all_at_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct stage *stage = stage_named(cases[i].stage);
		struct fate fates[DAYS_MAX];
		size_t n = read_line(cases[i].line, fates);
		struct stage_view view = view_of(i);
		if (stage->scope != STAGE_EACH)
			continue;
		for (size_t f = 0; f < n; f++)
			stage->apply(&view, &fates[f], 1);
		expect(cases[i].words, fates, n, cases[i].wanted);
	}
}

static void together_the_first_that_decides_wins(void **state)
{
	struct fate fates[DAYS_MAX];
	size_t n = read_line("xmmmmmmm", fates);
	(void)state;
	sim_init(&sim, "{}", "01-06T10:00");
	sim.row.paused_at = at("01-06T00:00");
	sim.row.resumed_at = at("01-07T12:00");
	sim.policy.live_since = at("01-10T12:00");
	sim.policy.catch_up_limit = 3;
	struct stage_view view = { &sim.row, &sim.policy, true, INT64_MIN, INT64_MIN, NULL };
	stages_apply(&view, STAGE_EACH, fates, n);
	expect("each by itself", fates, n, "EPAAAmmm");
	stages_apply(&view, STAGE_BACKLOG, fates, n);
	expect("the latest adopted one is made, then the newest three", fates, n, "EPAADmmm");
}

/* ---- how far it goes on like that ---- */

static const struct {
	const char *words;
	char last; /* on 2025-01-06T10:00 */
	const char *paused, *resumed, *live_since, *wanted; /* wanted: NULL: for ever */
} reaches[] = {
	{ "nothing in the way", 'm', NULL, NULL, NULL, NULL },
	{ "a pause lies ahead", 'm', "02-01T00:00", "03-01T00:00", NULL, "02-01T00:00" },
	{ "a pause that is over", 'm', "01-01T00:00", "01-02T00:00", NULL, NULL },
	{ "within a pause", 'P', "01-01T00:00", "03-01T00:00", NULL, "03-01T00:00" },
	{ "from before the first start", 'A', NULL, NULL, "02-01T00:00", "02-01T00:00" },
	{ "from before the first start, and a pause first", 'A', "01-15T00:00", "01-20T00:00",
		"02-01T00:00", "01-15T00:00" },
	{ "a pause that nobody can be outside of: never back", 'm', "01-01T00:00", "03-01T00:00",
		NULL, "01-06T10:00" },
};

static void stages_say_how_far_they_say_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(reaches); i++) {
		sim_init(&sim, "{}", "01-06T10:00");
		sim.row.paused_at = at_or_none(reaches[i].paused);
		sim.row.resumed_at = at_or_none(reaches[i].resumed);
		if (reaches[i].live_since)
			sim.policy.live_since = at(reaches[i].live_since);
		struct stage_view view = { &sim.row, &sim.policy, reaches[i].live_since != NULL,
			INT64_MIN, INT64_MIN, NULL };
		struct fate last = fate_of(reaches[i].last, 0);
		usec_t until = stages_until(&view, &last);
		usec_t wanted = reaches[i].wanted ? at(reaches[i].wanted) : USEC_INFINITY;
		if (until != wanted)
			fail_msg("%s: until %s", reaches[i].words, short_instant(until));
	}
}

/* ---- policies ---- */

#define P(...)              \
	{                   \
		__VA_ARGS__ \
	}

/* It is a minute and a second after the last but one of six, "mmmmmm", so that the last lies ahead (made because of
 * its lead) and that one is late; or, where `on_time`, a minute after it, so that it is not. */
static const struct {
	const char *words, *line;
	struct policies policies;
	bool on_time;
	const char *wanted;
} policed[] = {
	{ "a row that says nothing", "mmmmmm", P(0), false, "mmmmmm" },
	{ "all", "mmmmmm", P(.catch_up = POLICY_ALL), false, "mmmmmm" },
	{ "the newest of what is late, and what is ahead", "mmmmmm", P(.catch_up = POLICY_LATEST),
		false, "CCCCmm" },
	{ "what is on time is not one of them", "mmmmmm", P(.catch_up = POLICY_LATEST), true,
		"CCCmmm" },
	{ "newer ones that are late follow", "mmmm+", P(.catch_up = POLICY_LATEST), false,
		"CCCCC" },
	{ "none", "mmmmmm", P(.catch_up = POLICY_NONE), false, "LLLLLm" },
	{ "none, but what is on time", "mmmmmm", P(.catch_up = POLICY_NONE), true, "LLLLmm" },
	{ "a window", "mmmmmm", P(.catch_up_window = 2 * DAY), true, "WWWmmm" },
	{ "a window that is shorter than what a worker may be late by", "mmmmmm",
		P(.catch_up_window = USEC_PER_SEC), true, "WWWWmm" },
	{ "the same, and more than that", "mmmmmm", P(.catch_up_window = USEC_PER_SEC), false,
		"WWWWWm" },
	{ "a window, and the newest in it", "mmmmmm",
		P(.catch_up_window = 3 * DAY, .catch_up = POLICY_LATEST), true, "WWCmmm" },
	{ "a cap is for what is late", "mmmmmm", P(.catch_up_cap = 2), false, "KKKmmm" },
	{ "a cap over all that is late", "mmmmmm", P(.catch_up_cap = 9), false, "mmmmmm" },
	{ "skip: the first is open then", "mmmmmm", P(.overlap = OVERLAP_SKIP), false, "mOOOOO" },
	{ "skip, while one is open", "mmmmmm", P(.overlap = OVERLAP_SKIP, .open_task = "x"), false,
		"OOOOOO" },
	{ "skip, and the newest of what is late", "mmmmmm",
		P(.overlap = OVERLAP_SKIP, .catch_up = POLICY_LATEST), false, "CCCCmO" },
	{ "replace: the last", "mmxmmm", P(.overlap = OVERLAP_REPLACE, .open_task = "x"), false,
		"OOEOOm" },
	{ "replace: newer ones follow", "mmmm+", P(.overlap = OVERLAP_REPLACE), false, "DDDDD" },
	{ "allow, while one is open", "mmm", P(.open_task = "x"), false, "mmm" },
};

static void policies_decide_about_what_is_late_and_what_is_open(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(policed); i++) {
		struct fate fates[DAYS_MAX];
		size_t n = read_line(policed[i].line, fates);
		sim_init(&sim, "{}", "01-06T10:00");
		sim.row.policies = &policed[i].policies;
		sim.policy.catch_up_grace = 60 * USEC_PER_SEC;
		sim.policy.catch_up_limit = 100;
		usec_t now = fates[4].due + (policed[i].on_time ? 60 : 61) * USEC_PER_SEC;
		struct stage_view view = { &sim.row, &sim.policy, false, INT64_MIN, now, NULL };
		stages_apply(&view, STAGE_EACH, fates, n);
		stages_apply(&view, STAGE_BACKLOG, fates, n);
		expect(policed[i].words, fates, n, policed[i].wanted);
	}
}

static void pauses_are_caught_up_as_their_policy_says(void **state)
{
	static const struct {
		enum policy_amount amount, catch_up;
		const char *wanted;
	} pauses[] = {
		{ POLICY_UNSET, POLICY_UNSET, "mPPPmm" },
		{ POLICY_NONE, POLICY_UNSET, "mPPPmm" },
		{ POLICY_LATEST, POLICY_UNSET, "mPPmmm" },
		{ POLICY_ALL, POLICY_UNSET, "mmmmmm" },
		{ POLICY_ALL, POLICY_LATEST, "Cmmmmm" },
		{ POLICY_LATEST, POLICY_NONE, "LPPmLm" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pauses); i++) {
		struct policies policies = { .pause_catch_up = pauses[i].amount,
			.catch_up = pauses[i].catch_up };
		struct fate fates[DAYS_MAX];
		size_t n = read_line("mmmmmm", fates);
		sim_init(&sim, "{}", "01-06T10:00");
		sim.row.policies = &policies;
		sim.row.paused_at = at("01-06T12:00");
		sim.row.resumed_at = at("01-09T12:00");
		sim.policy.catch_up_grace = 60 * USEC_PER_SEC;
		struct stage_view view = { &sim.row, &sim.policy, false, INT64_MIN,
			fates[4].due + HOUR, NULL };
		stages_apply(&view, STAGE_EACH, fates, n);
		stages_apply(&view, STAGE_BACKLOG, fates, n);
		expect(pauses[i].wanted, fates, n, pauses[i].wanted);
	}
}

static void lead_and_jitter_move_when_it_fires_and_nothing_else(void **state)
{
	(void)state;
	struct policies policies = { .lead = 3 * DAY, .jitter = DAY };
	struct fate fate = fate_of('m', 5), before = fate;
	sim_init(&sim, "{}", "01-06T10:00");
	sim.row.policies = &policies;
	struct stage_view view = { &sim.row, &sim.policy, false, INT64_MIN, INT64_MIN, NULL };
	stages_apply(&view, STAGE_EACH, &fate, 1);
	usec_t spread = fate.fire - (before.due - 3 * DAY);
	assert_true(spread >= 0 && spread < DAY && spread == policies_spread(sim.row.id, DAY));
	assert_true(fate.due == before.due && fate.stands == before.stands &&
		    fate.nominal == before.nominal);
	/* The same on every machine, for ever: changing it would move every template. */
	assert_true(policies_spread("a", 3600 * USEC_PER_SEC) !=
		    policies_spread("b", 3600 * USEC_PER_SEC));
	assert_int_equal(policies_spread("a", 0), 0);
}

static void words_that_are_none_are_not_set(void **state)
{
	usec_t before[POLICIES_REMINDERS_MAX];
	(void)state;
	assert_true(policy_amount_of(NULL) == POLICY_UNSET && policy_amount_of("") == POLICY_UNSET);
	assert_true(policy_amount_of("latest") == POLICY_LATEST);
	assert_true(policy_overlap_of("replaced") == OVERLAP_ALLOW);
	assert_true(policy_shift_of("skip") == SHIFT_SKIP);
	assert_int_equal(policy_reminders_of("600000000,-3600000000", before), 2);
	assert_true(before[0] == 600 * USEC_PER_SEC && before[1] == -HOUR);
	assert_int_equal(policy_reminders_of(NULL, before), 0);
	assert_int_equal(policy_reminders_of("x", before), 0);
	assert_int_equal(
		policy_reminders_of("1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1", before), 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_stage_decides_about_its_own),
		cmocka_unit_test(one_by_one_is_as_all_at_once),
		cmocka_unit_test(together_the_first_that_decides_wins),
		cmocka_unit_test(stages_say_how_far_they_say_the_same),
		cmocka_unit_test(policies_decide_about_what_is_late_and_what_is_open),
		cmocka_unit_test(pauses_are_caught_up_as_their_policy_says),
		cmocka_unit_test(lead_and_jitter_move_when_it_fires_and_nothing_else),
		cmocka_unit_test(words_that_are_none_are_not_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
