/* escape: no title can harm a terminal or forge a line; cuts fit the screen; spans for people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <string.h>

#include "ctl/escape.h"

static void assert_escaped(const char *value, size_t room, const char *expected, size_t width)
{
	struct strbuf buf CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);

	assert_int_equal(text_escape(&buf, value, room), width);
	assert_string_equal(buf.data, expected);
	assert_int_equal(buf.len, strlen(expected));
}

static void leaves_what_is_harmless(void **state)
{
	(void)state;
	assert_escaped("", 0, "", 0);
	assert_escaped("Buy milk", 0, "Buy milk", 8);
	assert_escaped("Öl", 0, "Öl", 2);
	assert_escaped("漢字", 0, "漢字", 4);
	assert_escaped("e\xcc\x81", 0, "e\xcc\x81", 1); /* a combining accent takes no column */
}

static void escapes_what_moves_turns_or_hides(void **state)
{
	static const char *const cases[][2] = {
		{ "a\nb", "a\\x0ab" },
		{ "\x1b[2J", "\\x1b[2J" },
		{ "\x7f", "\\x7f" },
		{ "\xc2\x9b", "\\u{9b}" },
		{ "\xe2\x80\xae", "\\u{202e}" },
		{ "\xe2\x80\x8b", "\\u{200b}" },
		{ "\xe2\x80\xa8", "\\u{2028}" },
		{ "\xef\xbb\xbf", "\\u{feff}" },
		{ "\xf3\xa0\x80\x81", "\\u{e0001}" },
		{ "\\x1b", "\\\\x1b" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_escaped(cases[i][0], 0, cases[i][1], strlen(cases[i][1]));
}

static void escapes_bytes_that_are_not_utf8(void **state)
{
	static const char *const cases[][2] = {
		{ "\xff", "\\xff" },
		{ "a\xc3", "a\\xc3" },
		{ "\xc0\x80", "\\xc0\\x80" },
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },
		{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" },
		{ "\xe2\x28", "\\xe2(" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_escaped(cases[i][0], 0, cases[i][1], strlen(cases[i][1]));
}

static void cuts_at_a_character_and_never_in_an_escape(void **state)
{
	(void)state;
	assert_escaped("1234567890", 10, "1234567890", 10);
	assert_escaped("12345678901", 10, "1234567...", 10);
	assert_escaped("123456漢字字", 10, "123456...", 9);
	assert_escaped("12345\x1b\x1b", 10, "12345...", 8);
}

static void assert_repaired(const char *value, const char *expected)
{
	struct strbuf buf CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);

	utf8_repair(&buf, value);
	assert_string_equal(buf.data, expected);
}

static void repairs_text_for_json(void **state)
{
	(void)state;
	assert_repaired("ä\n\x1b", "ä\n\x1b");
	assert_repaired("a\xff z", "a\xef\xbf\xbd z");
	assert_repaired("\xe6\xbc", "\xef\xbf\xbd\xef\xbf\xbd");
}

static void assert_span(usec_t span, const char *expected)
{
	struct strbuf buf CLEANUP(strbuf_free) = STRBUF(100);

	span_format(span, &buf);
	assert_string_equal(buf.data, expected);
}

static void spans_have_two_units_side_by_side(void **state)
{
	(void)state;
	assert_span(0, "0s");
	assert_span(999, "0s");
	assert_span(250 * USEC_PER_MSEC, "250ms");
	assert_span(12 * USEC_PER_SEC + 5 * USEC_PER_MSEC, "12s 5ms");
	assert_span(12000 * USEC_PER_SEC, "3h 20min");
	assert_span(86400 * USEC_PER_SEC + 300 * USEC_PER_SEC, "1d");
	assert_span(-90 * USEC_PER_SEC, "-1min 30s");
	assert_span(INT64_MIN, "-106751991d 4h");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaves_what_is_harmless),
		cmocka_unit_test(escapes_what_moves_turns_or_hides),
		cmocka_unit_test(escapes_bytes_that_are_not_utf8),
		cmocka_unit_test(cuts_at_a_character_and_never_in_an_escape),
		cmocka_unit_test(repairs_text_for_json),
		cmocka_unit_test(spans_have_two_units_side_by_side),
	};

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
