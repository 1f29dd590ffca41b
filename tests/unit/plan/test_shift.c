/* shift: occurrences that fall on days off, and where they go. */
#include "plan/sim.h"

#include <stdlib.h>

#include "plan/shift.h"

static struct workdays *bank;

static void add(int year, int month, int day, const char *rule)
{
	struct workdays_day it = { "x", days_from_civil(year, month, day), 1, rule, false };
	struct err err;
	if (!workdays_add(bank, &it, &err))
		fail_msg("%s", err.text);
}

static int open_calendar(void **state)
{
	(void)state;
	bank = workdays_create("bank", 1u << 0 | 1u << 6);
	add(2000, 1, 1, "EASTER-2");
	add(2000, 1, 1, "EASTER+1");
	add(2000, 12, 25, "FREQ=YEARLY");
	add(2025, 3, 31, NULL);
	add(2025, 11, 3, NULL);
	add(2024, 2, 29, NULL);
	return 0;
}

static int close_calendar(void **state)
{
	(void)state;
	workdays_free(bank);
	zones_close();
	return 0;
}

static struct shift shift_of(enum policy_shift how, const char *zone, bool several)
{
	struct shift shift = { .workdays = bank, .how = how, .several = several };
	assert_true(zone_load(zone, &shift.zone, NULL));
	return shift;
}

/* All in UTC, as sim.h writes them; NULL: skipped. */
static const struct {
	const char *words, *zone;
	enum policy_shift how;
	const char *stands, *due;
} cases[] = {
	{ "a working day stays", "UTC", SHIFT_NEXT, "01-06T10:00", "01-06T10:00" },
	{ "Saturday to Monday", "UTC", SHIFT_NEXT, "01-11T10:00", "01-13T10:00" },
	{ "Saturday to Friday", "UTC", SHIFT_PREVIOUS, "01-11T10:00", "01-10T10:00" },
	{ "the nearest of Saturday is Friday", "UTC", SHIFT_NEAREST, "01-11T10:00", "01-10T10:00" },
	{ "of Sunday it is Monday", "UTC", SHIFT_NEAREST, "01-12T10:00", "01-13T10:00" },
	{ "left out", "UTC", SHIFT_SKIP, "01-12T10:00", NULL },
	{ "not at all", "UTC", SHIFT_NONE, "01-12T10:00", "01-12T10:00" },
	{ "over Easter", "UTC", SHIFT_NEXT, "04-18T10:00", "04-22T10:00" },
	{ "over Easter, back", "UTC", SHIFT_PREVIOUS, "04-21T10:00", "04-17T10:00" },
	{ "Christmas, between two working days: the one before", "UTC", SHIFT_NEAREST,
		"12-25T10:00", "12-24T10:00" },
	{ "a leap day", "UTC", SHIFT_NEXT, "2024-02-29T10:00", "2024-03-01T10:00" },
	{ "its day is that of its zone: Friday in New York, Saturday in UTC", "America/New_York",
		SHIFT_NEXT, "01-11T03:00", "01-11T03:00" },
	{ "and Saturday in Tokyo, Friday in UTC", "Asia/Tokyo", SHIFT_NEXT, "01-10T16:00",
		"01-12T16:00" },
	{ "the time of day stays when the clocks change meanwhile", "Europe/Berlin", SHIFT_NEXT,
		"03-29T08:00", "04-01T07:00" },
	{ "and back", "Europe/Berlin", SHIFT_PREVIOUS, "10-26T08:00", "10-24T07:00" },
	{ "twice: of an hour that comes twice the first", "America/New_York", SHIFT_NEXT,
		"11-02T05:30", "11-04T06:30" },
	{ "microseconds that an application set stay", "UTC", SHIFT_NEXT, "01-11T10:00:00.250000",
		"01-13T10:00:00.250000" },
	{ "before 1970", "UTC", SHIFT_NEXT, "1965-01-02T23:00", "1965-01-04T23:00" },
};

static void they_go_where_they_should(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct shift shift = shift_of(cases[i].how, cases[i].zone, false);
		struct shifted got = shift_move(&shift, at(cases[i].stands));
		bool good = cases[i].due ? !got.skipped && got.due == at(cases[i].due)
					 : got.skipped;
		if (!good)
			fail_msg("%s: %s becomes %s%s", cases[i].words, cases[i].stands,
				short_instant(got.due), got.skipped ? ", skipped" : "");
		assert_int_equal(got.early, 0);
	}
}

/* 02:30 is shifted onto the Sunday on which it does not exist. */
static void a_gap_on_the_day_that_it_comes_to(void **state)
{
	struct workdays *fridays = workdays_create("all but Saturdays", 1u << 6);
	struct shift shift = shift_of(SHIFT_NEXT, "Europe/Berlin", false);
	(void)state;
	shift.workdays = fridays;
	assert_int_equal(shift_move(&shift, at("03-29T01:30")).due, at("03-30T01:30"));
	workdays_free(fridays);
}

/* 02:30 of the Sunday on which it does not exist stood at 03:30, and was due at 03:30 on the Monday, too, behind what
 * came after it. */
static void a_gap_is_left_behind_on_the_day_that_has_it(void **state)
{
	struct shift next = shift_of(SHIFT_NEXT, "Europe/Berlin", false);
	struct shift previous = shift_of(SHIFT_PREVIOUS, "Europe/Berlin", false);
	(void)state;
	next.workdays = previous.workdays = workdays_plain();
	assert_int_equal(shift_move_skipped(&next, at("03-30T01:30"), HOUR).due, at("03-31T00:30"));
	assert_int_equal(
		shift_move_skipped(&previous, at("03-30T01:30"), HOUR).due, at("03-28T01:30"));
	/* As if the hour before midnight had been skipped: never back onto the day off before. */
	assert_int_equal(
		shift_move_skipped(&next, at("03-29T23:30"), 2 * HOUR).due, at("03-30T22:30"));
}

static void where_nobody_works_it_is_skipped(void **state)
{
	struct workdays *never = workdays_create("never", 0x7f);
	(void)state;
	for (int how = SHIFT_NEXT; how <= SHIFT_NEAREST; how++) {
		struct shift shift = shift_of((enum policy_shift)how, "UTC", true);
		shift.workdays = never;
		assert_true(shift_move(&shift, at("01-11T10:00")).skipped);
		if (how != SHIFT_PREVIOUS)
			assert_true(shift_reach(&shift, at("01-11T10:00")) > 366 * DAY);
	}
	workdays_free(never);
	struct shift late = shift_of(SHIFT_NEXT, "UTC", false);
	assert_true(shift_move(&late, INT64_C(253402300799) * USEC_PER_SEC).due > 0);
}

/* Every three hours for years, in zones with their summer times: what comes later is never made before, due only on
 * working days, and no farther from where it stands than is said. */
static void later_ones_are_never_made_earlier(void **state)
{
	static const char *const zones[] = { "UTC", "America/New_York", "Europe/Berlin",
		"Pacific/Apia", "Australia/Lord_Howe" };
	(void)state;
	for (size_t z = 0; z < ARRAY_LEN(zones); z++) {
		for (int how = SHIFT_NEXT; how <= SHIFT_NEAREST; how++) {
			struct shift shift = shift_of((enum policy_shift)how, zones[z], true);
			usec_t last = INT64_MIN;
			for (usec_t t = at("2024-01-01T00:30"); t < at("2026-06-01T00:00");
				t += 3 * HOUR) {
				struct shifted got = shift_move(&shift, t);
				sec_t wall = zone_to_wall(shift.zone, sec_from_usec(got.due));
				assert_true(!got.skipped && workdays_work(bank, wall / 86400));
				assert_true(got.early >= 0 && got.early < 26 * HOUR);
				if (got.due - got.early < last)
					fail_msg("%s, %d: %s is made before what is earlier",
						zones[z], how, short_instant(t));
				last = got.due - got.early;
				assert_true(t >= got.due - shift_reach(&shift, got.due));
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_go_where_they_should),
		cmocka_unit_test(a_gap_on_the_day_that_it_comes_to),
		cmocka_unit_test(a_gap_is_left_behind_on_the_day_that_has_it),
		cmocka_unit_test(where_nobody_works_it_is_skipped),
		cmocka_unit_test(later_ones_are_never_made_earlier),
	};
	return cmocka_run_group_tests(tests, open_calendar, close_calendar);
}
