/* ical and walk: where libical is used, both give the same, from the start and from anywhere else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "recur/ical.h"
#include "recur/walk.h"
#include "util/mem.h"
#include "util/timefmt.h"

#define STEPS_EACH 40

static const char *const starts[] = { "2024-02-29T09:00:00", "2011-12-01T00:00:00",
	"1975-01-31T23:59:59", "2030-06-15T02:30:00" };

static void parse(
	const char *text, const char *start, struct rule **ret_rule, struct pattern *pattern)
{
	char *json CLEANUP(mem_cleanup) = mem_printf("{\"rrule\":\"%s\"}", text);
	struct err err;
	sec_t wall = 0;

	if (!rule_parse(json, strlen(json), ret_rule, &err))
		fail_msg("%s: %s", json, err.text);
	assert_true(wall_parse(start, &wall, NULL));
	pattern_init(pattern, *ret_rule, wall);
}

static void compare(struct ical *ical, struct walk *walk, sec_t from, const char *text)
{
	char one[INSTANT_TEXT_MAX], other[INSTANT_TEXT_MAX];

	for (int i = 0; i < STEPS_EACH; i++) {
		sec_t by_ical = 0, by_walk = 0;
		int steps = 10000000;

		do
			assert_true(ical_next(ical, &by_ical));
		while (by_ical < from);
		if (walk_next(walk, &steps, &by_walk) != WALK_FOUND)
			fail_msg("%s, %d: the walk has ended, libical has %s", text, i,
				wall_format(by_ical, one));
		if (by_ical != by_walk)
			fail_msg("%s, %d: libical %s, walk %s", text, i, wall_format(by_ical, one),
				wall_format(by_walk, other));
	}
}

static void both_expanders_agree(void **state)
{
	static const char *const rules[] = {
		"FREQ=DAILY",
		"FREQ=DAILY;INTERVAL=3",
		"FREQ=DAILY;INTERVAL=400;BYHOUR=9,17;BYMINUTE=0,30",
		"FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR",
		"FREQ=WEEKLY",
		"FREQ=WEEKLY;BYDAY=MO,WE,FR",
		"FREQ=WEEKLY;BYDAY=SU;WKST=SU;BYHOUR=0,23",
		"FREQ=MONTHLY",
		"FREQ=MONTHLY;BYMONTHDAY=31",
		"FREQ=MONTHLY;BYMONTHDAY=1,15,-1",
		"FREQ=MONTHLY;INTERVAL=7;BYMONTHDAY=28",
		"FREQ=MONTHLY;INTERVAL=2;BYDAY=1MO,-1FR",
		"FREQ=MONTHLY;BYDAY=5SU",
		"FREQ=MONTHLY;BYDAY=4TH,WE",
		"FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
		"FREQ=YEARLY",
		"FREQ=YEARLY;INTERVAL=3;BYMONTH=1,6;BYMONTHDAY=1,28",
		"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1",
		"FREQ=YEARLY;BYMONTH=1,12;BYMONTHDAY=31;BYHOUR=8;BYSECOND=5,10",
	};
	int used = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rules) * ARRAY_LEN(starts); i++) {
		const char *text = rules[i / ARRAY_LEN(starts)];
		struct rule *rule = NULL;
		struct pattern pattern;
		struct walk walk;
		struct ical *ical = NULL;

		parse(text, starts[i % ARRAY_LEN(starts)], &rule, &pattern);
		if (ical_fits(&pattern)) {
			used++;
			ical = ical_open(&pattern);
			assert_non_null(ical);
			assert_true(ical_seek(ical, pattern.start));
			walk_init(&walk, &pattern);
			compare(ical, &walk, pattern.start, text);
			for (int years = 0; years < 60; years += 7) {
				sec_t from = pattern.start + years * INT64_C(31556952) +
					     years * 4321;

				assert_true(ical_seek(ical, from));
				walk_seek(&walk, from);
				compare(ical, &walk, from, text);
			}
		}
		ical_close(ical);
		rule_free(rule);
	}
	/* The common rules do go through libical. */
	assert_true(used > (int)(ARRAY_LEN(rules) * ARRAY_LEN(starts) * 8 / 10));
}

/* What 3.0.16 gets wrong, crashes on or spins over never reaches it. */
static void what_libical_gets_wrong_stays_away_from_it(void **state)
{
	static const char *const rules[] = {
		"FREQ=YEARLY;BYWEEKNO=20",
		"FREQ=YEARLY;BYWEEKNO=-1;BYDAY=MO",
		"FREQ=WEEKLY;INTERVAL=10;BYDAY=SU",
		"FREQ=DAILY;BYHOUR=9,17;BYSETPOS=1",
		"FREQ=WEEKLY;BYDAY=MO,FR;BYSETPOS=1",
		"FREQ=MONTHLY;BYDAY=MO;BYHOUR=9,17;BYSETPOS=1",
		"FREQ=DAILY;BYMONTHDAY=-1",
		"FREQ=MINUTELY;BYHOUR=9",
		"FREQ=HOURLY",
		"FREQ=SECONDLY",
		"FREQ=YEARLY;BYMONTHDAY=15",
		"FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29",
		"FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31",
		"FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=29",
		"FREQ=DAILY;INTERVAL=7;BYDAY=MO",
		"FREQ=DAILY;INTERVAL=65537",
		"FREQ=MONTHLY;RSCALE=GREGORIAN;SKIP=FORWARD",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		struct rule *rule = NULL;
		struct pattern pattern;

		parse(rules[i], "2024-06-15T09:00:00", &rule, &pattern);
		if (ical_fits(&pattern))
			fail_msg("%s", rules[i]);
		rule_free(rule);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_expanders_agree),
		cmocka_unit_test(what_libical_gets_wrong_stays_away_from_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
