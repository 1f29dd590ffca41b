/* text: no title can harm a terminal or forge a line of the log; cuts fit the screen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <string.h>

#include "util/log.h"
#include "util/text.h"

static const char *encode(uint32_t code)
{
	static char text[5];
	memset(text, 0, sizeof(text));
	if (code < 0x80) {
		text[0] = (char)code;
	} else if (code < 0x800) {
		text[0] = (char)(0xC0 | code >> 6);
		text[1] = (char)(0x80 | (code & 0x3F));
	} else if (code < 0x10000) {
		text[0] = (char)(0xE0 | code >> 12);
		text[1] = (char)(0x80 | (code >> 6 & 0x3F));
		text[2] = (char)(0x80 | (code & 0x3F));
	} else {
		text[0] = (char)(0xF0 | code >> 18);
		text[1] = (char)(0x80 | (code >> 12 & 0x3F));
		text[2] = (char)(0x80 | (code >> 6 & 0x3F));
		text[3] = (char)(0x80 | (code & 0x3F));
	}
	return text;
}

/* ---- the decoder ---- */

static void every_character_is_decoded(void **state)
{
	(void)state;
	for (uint32_t code = 1; code <= 0x10FFFF; code++) {
		uint32_t found = 0;
		const char *text = encode(code);
		bool surrogate = code >= 0xD800 && code <= 0xDFFF;
		size_t len = strlen(text), taken = text_decode(text, len, &found);
		if (taken != (surrogate ? 0 : len) || found != (surrogate ? 0 : code))
			fail_msg("U+%04X was decoded as U+%04X, %zu bytes", code, found, taken);
		if (len > 1 && text_decode(text, len - 1, &found) != 0)
			fail_msg("U+%04X was taken without its last byte", code);
	}
}

static void what_is_not_utf8_is_no_character(void **state)
{
	static const char *const cases[] = { "\x80", "\xff", "\xc3", "\xc3(", "\xc0\x80",
		"\xe0\x80\xaf", "\xf0\x80\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x28",
		"\xf5\x80\x80\x80" };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint32_t code = 7;
		assert_int_equal(text_decode(cases[i], strlen(cases[i]), &code), 0);
		assert_int_equal(code, 7);
	}
}

/* ---- the table ---- */

static void the_table_holds_what_must_never_be_shown(void **state)
{
	static const uint32_t codes[] = { 0x1, 0x7, 0x8, 0xa, 0xd, 0x1b, 0x1f, 0x7f, 0x80, 0x85,
		0x9b, 0x9f, /* controls */
		0x61c, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067,
		0x2068, 0x2069, /* Unicode's Bidi_Control, all of it */
		0x2028, 0x2029, /* line and paragraph separator */
		0xad, 0x180e, 0x200b, 0x200c, 0x200d, 0x2060, 0x2064, 0xfeff, 0xe0001, 0xe007f };
	static const uint32_t harmless[] = { ' ', '~', 0xa0, 0xe4, 0x300, 0x200a, 0x2010, 0x2027,
		0x2030, 0x6f22, 0xfe0f, 0xfffd, 0x1f600 };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		if (!text_deceives(codes[i]))
			fail_msg("U+%04X is shown", codes[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(harmless); i++)
		assert_false(text_deceives(harmless[i]));
	for (size_t i = 1; i < text_deceiving_n; i++)
		assert_true(text_deceiving[i].first > text_deceiving[i - 1].last);
}

static bool is_plain(const char *text)
{
	for (const char *c = text; *c; c++) {
		if (*c < ' ' || *c > '~')
			return false;
	}
	return true;
}

static void check_log(const char *character, uint32_t code)
{
	static struct log_line line;
	log_begin(&line, LOG_INFO, "e");
	log_text(&line, "title", character);
	line.text[line.len] = '\0';
	if (!is_plain(line.text) || !strstr(line.text, "title=\"\\x"))
		fail_msg("U+%04X goes into the log as it is", code);
}

static void check_terminal(const char *character, uint32_t code)
{
	struct strbuf buf CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	size_t width = text_add_terminal(&buf, character, 0);
	if (!is_plain(buf.data) || buf.data[0] != '\\' || width != buf.len)
		fail_msg("U+%04X goes to the terminal as it is", code);
}

/* Every place that shows what others wrote, for every character of the one table. */
static void no_place_shows_what_deceives(void **state)
{
	(void)state;
	for (size_t i = 0; i < text_deceiving_n; i++) {
		for (uint32_t code = text_deceiving[i].first; code <= text_deceiving[i].last;
			code++) {
			if (code == 0) /* the end of a text */
				continue;
			assert_true(text_deceives(code));
			check_log(encode(code), code);
			check_terminal(encode(code), code);
		}
	}
}

/* ---- the terminal ---- */

static void assert_escaped(const char *value, size_t room, const char *expected, size_t width)
{
	struct strbuf buf CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	assert_int_equal(text_add_terminal(&buf, value, room), width);
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

static void escapes_in_the_form_that_can_be_typed_back(void **state)
{
	static const char *const cases[][2] = {
		{ "a\nb", "a\\x0ab" },
		{ "\x1b[2J", "\\x1b[2J" },
		{ "\x7f", "\\x7f" },
		{ "\xc2\x9b", "\\u{9b}" },
		{ "\xe2\x80\xae", "\\u{202e}" },
		{ "\xd8\x9c", "\\u{61c}" },
		{ "\xf3\xa0\x80\x81", "\\u{e0001}" },
		{ "\\x1b", "\\\\x1b" },
		/* Bytes that are not UTF-8. */
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

static void repairs_text_for_json(void **state)
{
	static const char *const cases[][2] = {
		{ "ä\n\x1b", "ä\n\x1b" },
		{ "a\xff z", "a\xef\xbf\xbd z" },
		{ "\xe6\xbc", "\xef\xbf\xbd\xef\xbf\xbd" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct strbuf buf CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
		text_add_repaired(&buf, cases[i][0]);
		assert_string_equal(buf.data, cases[i][1]);
	}
}

/* What recurctl shows of an id is what somebody copies into the next command. */
static void an_id_comes_back_from_what_is_shown_of_it(void **state)
{
	static const char *const ids[] = { "b\xfc", "a\\b", "\xff\\xfc", "\x1b[2J", "\xe2\x80\xae.",
		"\xf0\x9f\x8d\x8e\xf0\x9f\x8d", "\xf3\xa0\x80\x81" };
	(void)state;
	for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++) {
		struct strbuf shown CLEANUP(strbuf_free) = STRBUF(200);
		struct strbuf back CLEANUP(strbuf_free) = STRBUF(200);
		(void)text_add_terminal(&shown, ids[i], 0);
		assert_true(text_add_unescaped(&back, shown.data));
		assert_string_equal(back.data, ids[i]);
	}
}

static void an_id_that_is_no_text_comes_back_from_json(void **state)
{
	struct strbuf shown CLEANUP(strbuf_free) = STRBUF(200);
	struct strbuf back CLEANUP(strbuf_free) = STRBUF(200);
	(void)state;
	text_add_id(&shown, "b\xfc\\\x1b\xc3\xbc");
	assert_string_equal(shown.data, "b\\xfc\\\\\x1b\xc3\xbc");
	assert_true(text_add_unescaped(&back, shown.data));
	assert_string_equal(back.data, "b\xfc\\\x1b\xc3\xbc");
	strbuf_reset(&shown);
	text_add_id(&shown, "a\\b \xc3\xbc");
	assert_string_equal(shown.data, "a\\b \xc3\xbc");
}

static void what_is_no_escape_is_not_read_as_one(void **state)
{
	static const char *const texts[] = { "", "plain", "a\\b", "\\", "\\x", "\\x0", "\\x00",
		"\\xg0", "\\u{}", "\\u{0}", "\\u{110000}", "\\u{1234567}", "\\u{12", "\\u12" };
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct strbuf back CLEANUP(strbuf_free) = STRBUF(200);
		if (text_add_unescaped(&back, texts[i]))
			fail_msg("%s", texts[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_character_is_decoded),
		cmocka_unit_test(what_is_not_utf8_is_no_character),
		cmocka_unit_test(the_table_holds_what_must_never_be_shown),
		cmocka_unit_test(no_place_shows_what_deceives),
		cmocka_unit_test(leaves_what_is_harmless),
		cmocka_unit_test(escapes_in_the_form_that_can_be_typed_back),
		cmocka_unit_test(cuts_at_a_character_and_never_in_an_escape),
		cmocka_unit_test(repairs_text_for_json),
		cmocka_unit_test(an_id_comes_back_from_what_is_shown_of_it),
		cmocka_unit_test(an_id_that_is_no_text_comes_back_from_json),
		cmocka_unit_test(what_is_no_escape_is_not_read_as_one),
	};

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
