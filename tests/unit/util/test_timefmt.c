/* timefmt: texts both ways, and the calendar against the C library's over many years. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "util/timefmt.h"

static void instants_as_text(void **state)
{
	static const struct {
		usec_t instant;
		const char *text;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00Z" },
		{ 1, "1970-01-01T00:00:00.000001Z" },
		{ -1, "1969-12-31T23:59:59.999999Z" },
		{ INT64_C(1738576800000000), "2025-02-03T10:00:00Z" },
		{ INT64_C(1738576800500000), "2025-02-03T10:00:00.500000Z" },
		{ INT64_C(253402300799) * USEC_PER_SEC, "9999-12-31T23:59:59Z" },
		{ INT64_C(-62167219200) * USEC_PER_SEC, "0000-01-01T00:00:00Z" },
		{ INT64_C(-62167219201) * USEC_PER_SEC, "-0001-12-31T23:59:59Z" },
		{ INT64_C(-377705116800) * USEC_PER_SEC, "-9999-01-01T00:00:00Z" },
		{ USEC_INFINITY, "infinity" },
		{ USEC_MINUS_INFINITY, "-infinity" },
		{ INT64_MAX - 1, "294247-01-10T04:00:54.775806Z" },
		{ INSTANT_NONE, "none" },
		{ INT64_MIN + 2, "-290308-12-21T19:59:05.224194Z" },
	};
	char buf[INSTANT_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_ptr_equal(instant_format(cases[i].instant, buf), buf);
		assert_string_equal(buf, cases[i].text);
	}
}

static void walls_beyond_all_years_do_not_overflow(void **state)
{
	char buf[INSTANT_TEXT_MAX];

	(void)state;
	assert_true(civil_from_wall(INT64_MAX).year > 1000000000);
	assert_true(civil_from_wall(INT64_MIN).year < -1000000000);
	assert_true(strlen(wall_format(INT64_MAX, buf)) < sizeof(buf));
	assert_true(strlen(wall_format(INT64_MIN, buf)) < sizeof(buf));
}

static void good_instants(void **state)
{
	static const struct {
		const char *text;
		usec_t instant;
	} cases[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "1970-01-01t00:00:00z", 0 },
		{ "1970-01-01T01:30:00+01:30", 0 },
		{ "1969-12-31T19:00:00-05:00", 0 },
		{ "1970-01-01T00:00:00-00:00", 0 },
		{ "1970-01-01T00:00:00.5Z", 500000 },
		{ "1970-01-01T00:00:00.0000019Z", 1 },
		{ "2024-02-29T12:00:00Z", INT64_C(1709208000000000) },
		{ "0000-01-01T00:00:00Z", INT64_C(-62167219200) * USEC_PER_SEC },
		{ "9999-12-31T23:59:59.999999Z", INT64_C(253402300799999999) },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = { .text = "" };
		usec_t instant = 77;

		if (!instant_parse(cases[i].text, &instant, &err))
			fail_msg("%s: %s", cases[i].text, err.text);
		assert_int_equal(instant, cases[i].instant);
	}
}

static void bad_instants(void **state)
{
	static const char *const cases[] = { "", "now", "2025-02-03", "2025-02-03T10:00:00",
		"2025-02-03 10:00:00Z", " 2025-02-03T10:00:00Z", "2025-02-03T10:00:00Z ",
		"2025-02-03T10:00:00ZZ", "2025-02-03T10:00Z", "2025-2-03T10:00:00Z",
		"2025-13-03T10:00:00Z", "2025-00-03T10:00:00Z", "2025-02-29T10:00:00Z",
		"2100-02-29T10:00:00Z", "2025-02-00T10:00:00Z", "2025-02-03T24:00:00Z",
		"2025-02-03T10:60:00Z", "2025-02-03T10:00:60Z", "2025-02-03T10:00:00.Z",
		"2025-02-03T10:00:00,5Z", "2025-02-03T10:00:00+24:00", "2025-02-03T10:00:00+01",
		"2025-02-03T10:00:00+0100", "2025-02-03T10:00:00+01:60", "+2025-02-03T10:00:00Z",
		"-025-02-03T10:00:00Z", "12025-02-03T10:00:00Z", "infinity",
		"2025-02-03T10:00:00\xEF\xBC\xBA" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = { .text = "" };
		usec_t instant = 77;

		if (instant_parse(cases[i], &instant, &err))
			fail_msg("accepted: %s", cases[i]);
		assert_int_equal(instant, 77);
		assert_string_not_equal(err.text, "");
	}
}

static void errors_name_what_offends(void **state)
{
	struct err err;
	usec_t instant;

	(void)state;
	assert_false(instant_parse("2025-02-29T10:00:00Z", &instant, &err));
	assert_string_equal(
		err.text, "day 29 does not exist in 2025-02 in \"2025-02-29T10:00:00Z\"");
	assert_false(instant_parse("2016-12-31T23:59:60Z", &instant, &err));
	assert_non_null(strstr(err.text, "second 60"));
}

static void wall_times(void **state)
{
	static const char *const bad[] = { "", "2025-02-03", "2025-02-03T10:00:00Z",
		"2025-02-03T10:00:00.5", "2025-02-03t10:00:00", "2025-02-30T10:00:00",
		"2025-02-03T10:00:00 " };
	struct err err = { .text = "" };
	sec_t wall = 77;
	char buf[INSTANT_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (wall_parse(bad[i], &wall, &err))
			fail_msg("accepted: %s", bad[i]);
		assert_int_equal(wall, 77);
	}
	assert_true(wall_parse("2025-02-03 10:00:01", &wall, &err));
	assert_int_equal(wall, 1738576801);
	assert_true(wall_parse("2025-02-03T10:00:01", &wall, &err));
	assert_int_equal(wall, 1738576801);
	assert_string_equal(wall_format(wall, buf), "2025-02-03T10:00:01");
}

static void compare_with_libc(time_t at)
{
	struct tm tm;
	struct civil civil = civil_from_wall(at);

	assert_non_null(gmtime_r(&at, &tm));
	assert_int_equal(civil.year, tm.tm_year + 1900);
	assert_int_equal(civil.month, tm.tm_mon + 1);
	assert_int_equal(civil.day, tm.tm_mday);
	assert_int_equal(civil.hour * 3600 + civil.minute * 60 + civil.second,
		tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec);
	assert_int_equal(wall_from_civil(&civil), at);
	assert_int_equal(
		weekday_from_days(days_from_civil(civil.year, civil.month, civil.day)), tm.tm_wday);
}

/* Every day from the year -1000 to 3000, and steps of a prime out to +-10,000 years. */
static void calendar_agrees_with_libc(void **state)
{
	(void)state;
	for (int64_t day = days_from_civil(-1000, 1, 1); day < days_from_civil(3000, 1, 1); day++)
		compare_with_libc(day * 86400 + 86399);
	for (int64_t at = INT64_C(-377705116800); at < INT64_C(253402300800); at += 9999991)
		compare_with_libc(at);
}

static void months(void **state)
{
	(void)state;
	assert_int_equal(days_in_month(2024, 2), 29);
	assert_int_equal(days_in_month(1900, 2), 28);
	assert_int_equal(days_in_month(2000, 2), 29);
	assert_int_equal(days_in_month(-4, 2), 29);
	assert_int_equal(days_in_month(2025, 12), 31);
	for (int year = -8; year < 2500; year++) {
		for (int month = 1; month < 12; month++)
			assert_int_equal(days_from_civil(year, month + 1, 1) -
						 days_from_civil(year, month, 1),
				days_in_month(year, month));
	}
}

static void seconds_round_down(void **state)
{
	(void)state;
	assert_int_equal(sec_from_usec(1999999), 1);
	assert_int_equal(sec_from_usec(-1), -1);
	assert_int_equal(sec_from_usec(-1000000), -1);
	assert_int_equal(sec_from_usec(-1000001), -2);
	assert_int_equal(sec_from_usec(INT64_MIN), INT64_C(-9223372036855));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(instants_as_text),
		cmocka_unit_test(walls_beyond_all_years_do_not_overflow),
		cmocka_unit_test(good_instants),
		cmocka_unit_test(bad_instants),
		cmocka_unit_test(errors_name_what_offends),
		cmocka_unit_test(wall_times),
		cmocka_unit_test(calendar_agrees_with_libc),
		cmocka_unit_test(months),
		cmocka_unit_test(seconds_round_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
