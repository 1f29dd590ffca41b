/* recurrence: COUNT, which is counted by the recurrence and nothing else.  Beside gaps: tests/unit/plan/test_plan_count.c. */
#include "recur/opened.h"

static void count_may_be_left_to_the_caller(void **state)
{
	struct rule *rule = parse("FREQ=DAILY;COUNT=2");
	struct recurrence *recurrence = open_rule(rule, "2025-01-01T09:00:00", "UTC", 0);
	struct occurrence occurrence;

	(void)state;
	assert_int_equal(rule_count(rule), 2);
	recurrence_seek(recurrence, wall("2025-01-02T09:00:00"));
	assert_int_equal(next(recurrence, &occurrence), RECUR_END);
	/* And back again. */
	recurrence_seek(recurrence, wall("2025-01-01T09:00:00"));
	assert_int_equal(next(recurrence, &occurrence), RECUR_FOUND);
	assert_int_equal(next(recurrence, &occurrence), RECUR_END);
	recurrence_close(recurrence);

	recurrence = open_rule(rule, "2025-01-01T09:00:00", "UTC", RECUR_UNCOUNTED);
	recurrence_seek(recurrence, wall("2035-01-02T09:00:00"));
	assert_int_equal(next(recurrence, &occurrence), RECUR_FOUND);
	recurrence_close(recurrence);
	rule_free(rule);
}

/* Whoever counts has to have been everywhere before, wherever a seek goes. */
static void seeking_counts_what_it_passes(void **state)
{
	static const char *const rules[] = {
		"FREQ=DAILY;INTERVAL=3;BYHOUR=1,9,20;COUNT=200",
		"FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH,SU;WKST=TH;COUNT=77",
		"FREQ=MONTHLY;BYMONTHDAY=3,28,11;COUNT=50",
		"FREQ=MONTHLY;BYMONTHDAY=31,-1;COUNT=50",
		"FREQ=YEARLY;BYMONTH=2,6;BYMONTHDAY=-28,-1;COUNT=40",
		"FREQ=HOURLY;INTERVAL=7;BYMINUTE=0,59;COUNT=300",
		"FREQ=MINUTELY;INTERVAL=25;COUNT=400",
		"FREQ=SECONDLY;INTERVAL=1800;BYMONTH=3;COUNT=100",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		struct rule *rule = parse(rules[i]);
		struct recurrence *walker = open_rule(
			rule, "2025-03-08T09:00:00", "America/New_York", 0);
		struct recurrence *seeker = open_rule(
			rule, "2025-03-08T09:00:00", "America/New_York", 0);
		struct occurrence walked, sought;
		sec_t after = INT64_MIN;

		while (next(walker, &walked) == RECUR_FOUND) {
			recurrence_seek(seeker, after);
			assert_int_equal(next(seeker, &sought), RECUR_FOUND);
			if (sought.nominal != walked.nominal)
				fail_msg("%s", rules[i]);
			after = walked.nominal;
		}
		recurrence_seek(seeker, after);
		assert_int_equal(next(seeker, &sought), RECUR_END);
		recurrence_close(walker);
		recurrence_close(seeker);
		rule_free(rule);
	}
}

/* What is counted for too long is told as such. */
static void counting_has_its_limit(void **state)
{
	struct rule *rule = parse("FREQ=SECONDLY;COUNT=2147483647");
	struct recurrence *recurrence = open_rule(rule, "1990-01-01T00:00:00", "UTC", 0);
	struct occurrence occurrence;
	enum recur_status status;
	struct err err;

	(void)state;
	recurrence_seek(recurrence, wall("2025-01-01T00:00:00"));
	do
		status = recurrence_next(recurrence, &occurrence, &err);
	while (status == RECUR_AGAIN);
	assert_int_equal(status, RECUR_FAILED);
	assert_string_equal(err.text, "recurrence_rule: COUNT is counted from the start, and that "
				      "was not done within 20000000 steps");
	recurrence_close(recurrence);
	rule_free(rule);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(count_may_be_left_to_the_caller),
		cmocka_unit_test(seeking_counts_what_it_passes),
		cmocka_unit_test(counting_has_its_limit),
	};

	return cmocka_run_group_tests(tests, NULL, close_zones);
}
