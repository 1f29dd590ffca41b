/* duration: what is one, what is none, and the way back to text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "util/duration.h"

static void reads_every_unit(void **state)
{
	static const struct {
		const char *text;
		usec_t duration;
	} cases[] = {
		{ "0", 0 },
		{ "0s", 0 },
		{ "1us", 1 },
		{ "250ms", 250 * USEC_PER_MSEC },
		{ "90s", 90 * USEC_PER_SEC },
		{ "5 min", 300 * USEC_PER_SEC },
		{ "2h", 7200 * USEC_PER_SEC },
		{ "7d", 604800 * USEC_PER_SEC },
		{ "9223372036854775807us", INT64_MAX },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		usec_t duration = -7;
		assert_true(duration_parse(cases[i].text, &duration));
		assert_int_equal(duration, cases[i].duration);
	}
}

static void refuses_what_is_not_exactly_one(void **state)
{
	static const char *const cases[] = { "", "s", "5", "5m", "5S", "-5s", "+5s", " 5s", "5s ",
		"5sec", "1h30min", "1.5h", "1e3s", "0x1s", "9223372036854775808us", "106751992d",
		"99999999999999999999d" };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		usec_t duration = -7;
		if (duration_parse(cases[i], &duration))
			fail_msg("\"%s\" was taken", cases[i]);
		assert_int_equal(duration, -7);
	}
}

static void what_is_printed_is_read_again(void **state)
{
	static const char *const cases[] = { "0", "1us", "1001us", "250ms", "90s", "5min", "25h",
		"7d", "9223372036854775807us" };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct strbuf buf CLEANUP(strbuf_free) = STRBUF(100);
		usec_t duration = -7;
		assert_true(duration_parse(cases[i], &duration));
		duration_format(duration, &buf);
		assert_string_equal(buf.data, cases[i]);
	}
}

static void people_are_told_two_units_side_by_side(void **state)
{
	static const struct {
		usec_t duration;
		const char *text;
	} cases[] = {
		{ 0, "0s" },
		{ 999, "0s" },
		{ 250 * USEC_PER_MSEC, "250ms" },
		{ 12 * USEC_PER_SEC + 5 * USEC_PER_MSEC, "12s 5ms" },
		{ 12000 * USEC_PER_SEC, "3h 20min" },
		{ 86400 * USEC_PER_SEC + 300 * USEC_PER_SEC, "1d" },
		{ -90 * USEC_PER_SEC, "-1min 30s" },
		{ INT64_MIN, "-106751991d 4h" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct strbuf buf CLEANUP(strbuf_free) = STRBUF(100);
		duration_tell(cases[i].duration, &buf);
		assert_string_equal(buf.data, cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_unit),
		cmocka_unit_test(refuses_what_is_not_exactly_one),
		cmocka_unit_test(what_is_printed_is_read_again),
		cmocka_unit_test(people_are_told_two_units_side_by_side),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
