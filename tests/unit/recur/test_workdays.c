/* workdays: which days a calendar works, by its weekend, its holidays and their rules. */
#include "recur/opened.h"

#include "recur/calendars.h"
#include <stdlib.h>

#define SAT_SUN (1u << 0 | 1u << 6)

static int64_t day_of(const char *text)
{
	char *moment CLEANUP(mem_cleanup) = mem_printf("%sT00:00:00", text);
	return wall(moment) / 86400;
}

static const char *text_of(int64_t day)
{
	static char text[INSTANT_TEXT_MAX];
	wall_format(day * 86400, text);
	text[10] = '\0';
	return text;
}

static void add(struct workdays *workdays, const char *first, int span, const char *rule,
	const char *name, bool working)
{
	struct workdays_day day = { name, day_of(first), span, rule, working };
	struct err err;
	if (!workdays_add(workdays, &day, &err))
		fail_msg("%s: %s", name, err.text);
}

/* Public holidays of Bavaria, as one would enter them. */
static struct workdays *bavaria(void)
{
	struct workdays *w = workdays_create("bavaria", SAT_SUN);
	add(w, "2000-01-01", 1, "FREQ=YEARLY", "Neujahr", false);
	add(w, "2000-01-06", 1, "FREQ=YEARLY", "Heilige Drei Könige", false);
	add(w, "2000-01-01", 1, "EASTER-2", "Karfreitag", false);
	add(w, "2000-01-01", 1, "EASTER+1", "Ostermontag", false);
	add(w, "2000-05-01", 1, "FREQ=YEARLY", "Tag der Arbeit", false);
	add(w, "2000-01-01", 1, "EASTER+39", "Christi Himmelfahrt", false);
	add(w, "2000-01-01", 1, "EASTER+50", "Pfingstmontag", false);
	add(w, "2000-01-01", 1, "EASTER+60", "Fronleichnam", false);
	add(w, "2000-08-15", 1, "FREQ=YEARLY", "Mariä Himmelfahrt", false);
	add(w, "2000-10-03", 1, "FREQ=YEARLY", "Tag der Deutschen Einheit", false);
	add(w, "2000-11-01", 1, "FREQ=YEARLY", "Allerheiligen", false);
	add(w, "2000-12-25", 2, "FREQ=YEARLY", "Weihnachten", false);
	return w;
}

/* From published lists: days off that are no weekend. */
static void published_holidays_are_met(void **state)
{
	static const char *const years[] = {
		"2024-01-01 2024-03-29 2024-04-01 2024-05-01 2024-05-09 2024-05-20 2024-05-30 "
		"2024-08-15 2024-10-03 2024-11-01 2024-12-25 2024-12-26",
		"2025-01-01 2025-01-06 2025-04-18 2025-04-21 2025-05-01 2025-05-29 2025-06-09 "
		"2025-06-19 2025-08-15 2025-10-03 2025-12-25 2025-12-26",
		"2026-01-01 2026-01-06 2026-04-03 2026-04-06 2026-05-01 2026-05-14 2026-05-25 "
		"2026-06-04 2026-12-25",
		"2027-01-01 2027-01-06 2027-03-26 2027-03-29 2027-05-06 2027-05-17 2027-05-27 "
		"2027-11-01",
	};
	struct workdays *w CLEANUP(workdays_cleanup) = bavaria();
	(void)state;
	for (int i = 0; i < (int)ARRAY_LEN(years); i++) {
		struct strbuf found CLEANUP(strbuf_free) = STRBUF(4096);
		int64_t day = days_from_civil(2024 + i, 1, 1),
			end = days_from_civil(2025 + i, 1, 1);
		int off = 0;
		for (; day < end; day++) {
			int weekday = weekday_from_days(day);
			off += !workdays_work(w, day);
			if (weekday != 0 && weekday != 6 && !workdays_work(w, day))
				strbuf_addf(&found, "%s%s", found.len > 0 ? " " : "", text_of(day));
		}
		assert_string_equal(found.data, years[i]);
		day = days_from_civil(2024 + i, 1, 1);
		assert_int_equal(workdays_count(w, day, end - 1), end - day - off);
	}
	assert_string_equal(workdays_why(w, day_of("2026-12-26"), 0)->name, "Weihnachten");
	assert_null(workdays_why(w, day_of("2026-12-26"), 1));
	assert_null(workdays_why(w, day_of("2026-12-28"), 0));
}

/* Dates of Easter as the U.S. Naval Observatory lists them, with the earliest and the latest there can be. */
static void easter_is_when_it_is(void **state)
{
	static const char *const days[] = { "1818-03-22", "1943-04-25", "1954-04-18", "1961-04-02",
		"1981-04-19", "2000-04-23", "2008-03-23", "2011-04-24", "2019-04-21", "2023-04-09",
		"2024-03-31", "2025-04-20", "2026-04-05", "2027-03-28", "2028-04-16", "2029-04-01",
		"2038-04-25", "2049-04-18", "2076-04-19", "2285-03-22" };
	struct workdays *w CLEANUP(workdays_cleanup) = workdays_create("easter", 0);
	(void)state;
	add(w, "1800-01-01", 1, "EASTER", "Easter", false);
	for (size_t i = 0; i < ARRAY_LEN(days); i++) {
		int year = (int)strtol(days[i], NULL, 10);
		int64_t first = days_from_civil(year, 1, 1), day = first;
		while (workdays_work(w, day))
			day++;
		assert_string_equal(text_of(day), days[i]);
		assert_int_equal(workdays_count(w, first, days_from_civil(year, 12, 31)),
			337 + days_in_month(year, 2) - 1);
	}
	add(w, "2020-05-01", 1, "EASTER+49", "Whit Sunday", false);
	assert_false(workdays_work(w, day_of("2020-05-31")));
	assert_true(workdays_work(w, day_of("2019-06-09"))); /* before its first day */
}

static void days_meet_and_last(void **state)
{
	struct workdays *w CLEANUP(workdays_cleanup) = workdays_create("shop", SAT_SUN);
	(void)state;
	/* Over New Year, every year; a working Saturday within; a holiday that began the year before. */
	add(w, "2024-12-24", 10, "FREQ=YEARLY", "Closed", false);
	add(w, "2025-12-27", 1, NULL, "Stocktaking", true);
	add(w, "2025-12-27", 1, NULL, "A holiday that loses", false);
	assert_false(workdays_work(w, day_of("2026-01-02")));
	assert_false(workdays_work(w, day_of("2025-01-02")));
	assert_true(workdays_work(w, day_of("2024-01-02"))); /* not yet */
	assert_true(workdays_work(w, day_of("2025-12-27")));
	assert_string_equal(workdays_why(w, day_of("2025-12-27"), 0)->name, "Stocktaking");
	assert_string_equal(workdays_why(w, day_of("2026-01-02"), 0)->name, "Closed");
	assert_int_equal(workdays_count(w, day_of("2025-12-22"), day_of("2026-01-05")), 4);
	assert_int_equal(workdays_count(w, day_of("2025-12-22"), day_of("2025-12-21")), 0);
}

static void moved(
	const struct workdays *w, const char *from, enum workdays_side side, const char *expected)
{
	int64_t day = 0;
	assert_true(workdays_find(w, day_of(from), side, &day));
	if (strcmp(text_of(day), expected) != 0)
		fail_msg("%s: expected %s, got %s", from, expected, text_of(day));
}

static void the_next_and_the_one_before(void **state)
{
	struct workdays *w CLEANUP(workdays_cleanup) = bavaria();
	(void)state;
	moved(w, "2026-04-03", WORKDAYS_NEXT, "2026-04-07"); /* Good Friday */
	moved(w, "2026-04-03", WORKDAYS_PREVIOUS, "2026-04-02");
	moved(w, "2026-04-04", WORKDAYS_NEAREST, "2026-04-02");
	moved(w, "2026-04-05", WORKDAYS_NEAREST, "2026-04-07");
	moved(w, "2026-04-01", WORKDAYS_NEAREST, "2026-04-01");
	moved(w, "2026-05-14", WORKDAYS_NEAREST, "2026-05-13"); /* as near on both sides */
	/* Later days never give an earlier one. */
	for (int side = WORKDAYS_NEXT; side <= WORKDAYS_NEAREST; side++) {
		int64_t last = 0, day = 0;
		for (int64_t d = day_of("2024-01-01"); d < day_of("2030-01-01"); d++) {
			assert_true(workdays_find(w, d, (enum workdays_side)side, &day));
			assert_true(day >= last && workdays_work(w, day));
			last = day;
		}
	}
}

static void a_calendar_without_working_days_has_none(void **state)
{
	struct workdays *w CLEANUP(workdays_cleanup) = workdays_create("closed", SAT_SUN);
	int64_t day;
	(void)state;
	add(w, "2025-01-01", 1, "FREQ=DAILY", "Closed for good", false);
	assert_false(workdays_find(w, day_of("2027-03-03"), WORKDAYS_NEXT, &day));
	assert_false(workdays_find(w, day_of("2027-03-03"), WORKDAYS_NEAREST, &day));
	moved(w, "2025-02-03", WORKDAYS_NEAREST, "2024-12-31");
}

static void what_no_calendar_can_have(void **state)
{
	static const struct {
		const char *rule, *says;
		int span;
	} cases[] = {
		{ "FREQ=HOURLY", "expected days, got a rule that is hourly", 1 },
		{ "FREQ=WEEKLY;BYDAY=XX", "BYDAY", 1 },
		{ "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "no day ever matches", 1 },
		{ "{\"frequency\":\"monthly\",\"workday\":-1,\"calendar\":\"shop\"}",
			"workday: not allowed for the days of a calendar", 1 },
		{ "{\"frequency\":\"yearly\",\"timeZone\":\"Europe/Berlin\"}", "timeZone", 1 },
		{ "FREQ=YEARLY;UNTIL=20301231T000000Z", "leave the Z out", 1 },
		{ "FREQ=DAILY;COUNT=100000", "COUNT: expected 1 ... 5000, got 100000", 1 },
		{ "EASTER+1000", "at most 366", 1 },
		{ "EASTERN", "expected EASTER with a number", 1 },
		{ "EASTER+", "expected EASTER with a number", 1 },
		{ "EASTER+1x", "expected EASTER with a number", 1 },
		{ "\xff", "is not UTF-8", 1 },
		{ "FREQ=YEARLY", "lasts 0 days", 0 },
		{ "FREQ=YEARLY", "lasts 367 days", 367 },
		{ NULL, "lasts -5 days", -5 },
	};
	struct workdays *w CLEANUP(workdays_cleanup) = workdays_create("shop", SAT_SUN);
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct workdays_day day = { "x", 20000, cases[i].span, cases[i].rule, false };
		struct err err = { .text = "" };
		assert_false(workdays_add(w, &day, &err));
		if (!strstr(err.text, cases[i].says))
			fail_msg("%s: %s", cases[i].rule, err.text);
	}
	assert_int_equal(workdays_count(w, 20000, 20006), 5);
}

/* A calendar of the largest size that is allowed answers about a year in some milliseconds. */
static void the_largest_calendar_answers(void **state)
{
	struct workdays *w CLEANUP(workdays_cleanup) = workdays_create("large", SAT_SUN);
	struct workdays_day more = { "x", 0, 1, "FREQ=YEARLY", false };
	struct err err;
	(void)state;
	for (int i = 0; i < WORKDAYS_RULES_MAX; i++)
		add(w, "2000-01-01", 1,
			i % 2 ? "FREQ=DAILY;COUNT=5000"
			      : "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO",
			"x", false);
	assert_false(workdays_add(w, &more, &err));
	more.rule = NULL;
	for (int i = WORKDAYS_RULES_MAX; i < WORKDAYS_DAYS_MAX; i++)
		assert_true(workdays_add(w, &more, &err));
	assert_false(workdays_add(w, &more, &err));
	int64_t began = cpu_us();
	assert_false(workdays_work(w, day_of("2012-02-29")));
	assert_true(workdays_work(w, day_of("2013-09-10")));
	assert_true(cpu_us() - began < 200 * SHORT_US);
}

static void calendars_are_found_by_name(void **state)
{
	struct calendars *calendars CLEANUP(calendars_cleanup) = calendars_create();
	const struct workdays *found = NULL;
	struct err err = { .text = "a holiday cannot be read" };
	(void)state;
	struct workdays *broken = workdays_create("c", SAT_SUN);
	workdays_break(broken, &err);
	calendars_add(calendars, workdays_create("a", SAT_SUN));
	calendars_add(calendars, workdays_create("b", SAT_SUN));
	calendars_add(calendars, broken);
	assert_true(calendars_find(calendars, "b", &found, &err));
	assert_string_equal(workdays_name(found), "b");
	assert_false(calendars_find(calendars, "c", &found, &err));
	assert_string_equal(err.text, "a holiday cannot be read");
	assert_false(calendars_find(calendars, "bb", &found, &err));
	assert_false(calendars_find(NULL, "a", &found, &err));
	assert_non_null(strstr(err.text, "there is no calendar \"a\""));
	assert_null(calendars_at(calendars, 3));
	assert_true(calendars_name_is_sane("de-BY.bank_2026"));
	assert_false(calendars_name_is_sane("") || calendars_name_is_sane("-x") ||
		     calendars_name_is_sane("a b") || calendars_name_is_sane("ä"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_holidays_are_met),
		cmocka_unit_test(easter_is_when_it_is),
		cmocka_unit_test(days_meet_and_last),
		cmocka_unit_test(the_next_and_the_one_before),
		cmocka_unit_test(a_calendar_without_working_days_has_none),
		cmocka_unit_test(what_no_calendar_can_have),
		cmocka_unit_test(the_largest_calendar_answers),
		cmocka_unit_test(calendars_are_found_by_name),
	};
	return cmocka_run_group_tests(tests, NULL, close_zones);
}
