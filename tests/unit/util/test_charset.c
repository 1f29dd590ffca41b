/* charset: every encoding that a database can have, there and back; nothing fails, and nothing is passed off
 * as text that is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "util/charset.h"
#include "util/macros.h"

static const struct {
	const char *name, *bytes, *text;
} texts[] = {
	{ "UTF8", "M\xc3\xbcller", "Müller" },
	{ "SQL_ASCII", "M\xc3\xbcller", "Müller" },
	{ "LATIN1", "M\xfcller", "Müller" },
	{ "LATIN2", "\xb3\xf3\xbc", "łóź" },
	{ "LATIN3", "\xb1", "ħ" },
	{ "LATIN4", "\xb6", "ļ" },
	{ "LATIN5", "\xfd\xfe", "ış" },
	{ "LATIN6", "\xb6", "ķ" },
	{ "LATIN7", "\xe0", "ą" },
	{ "LATIN8", "\xf0", "ŵ" },
	{ "LATIN9", "\xa4", "€" },
	{ "LATIN10", "\xba", "ș" },
	{ "ISO_8859_5", "\xd6", "ж" },
	{ "ISO_8859_6", "\xc7", "ا" },
	{ "ISO_8859_7", "\xe1", "α" },
	{ "ISO_8859_8", "\xe0", "א" },
	{ "KOI8R", "\xd6", "ж" },
	{ "KOI8U", "\xa4", "є" },
	{ "WIN866", "\xa6", "ж" },
	{ "WIN874", "\xa1", "ก" },
	{ "WIN1250", "\x9c", "ś" },
	{ "WIN1251", "\xe6", "ж" },
	{ "WIN1252", "\x80", "€" },
	{ "WIN1253", "\xe1", "α" },
	{ "WIN1254", "\xfd", "ı" },
	{ "WIN1255", "\xe0", "א" },
	{ "WIN1256", "\xc7", "ا" },
	{ "WIN1257", "\xe0", "ą" },
	{ "WIN1258", "\xf5", "ơ" },
	{ "EUC_CN", "\xd6\xd0", "中" },
	{ "EUC_JP", "\xc6\xfc\xcb\xdc", "日本" },
	{ "EUC_JIS_2004", "\xc6\xfc", "日" },
	{ "EUC_KR", "\xc7\xd1", "한" },
	{ "EUC_TW", "\xc4\xe3", "中" },
};

static void every_encoding_goes_there_and_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct charset *charset = charset_open(texts[i].name);
		struct strbuf utf8 CLEANUP(strbuf_free) = STRBUF(100);
		struct strbuf bytes CLEANUP(strbuf_free) = STRBUF(100);
		if (!charset_to_utf8(charset, texts[i].bytes, strlen(texts[i].bytes), &utf8) ||
			strcmp(utf8.data, texts[i].text) != 0)
			fail_msg("%s: %s, not %s", texts[i].name, utf8.data, texts[i].text);
		assert_true(charset_from_utf8(charset, utf8.data, utf8.len, &bytes));
		assert_string_equal(bytes.data, texts[i].bytes);
		charset_close(charset);
	}
}

static void what_means_nothing_is_shown_and_told(void **state)
{
	static const struct {
		const char *name, *bytes, *text;
	} odd[] = {
		{ "UTF8", "a\xffz", "a\\xffz" },
		{ "SQL_ASCII", "M\xfcller", "M\\xfcller" },
		{ "SQL_ASCII", "\xc3", "\\xc3" },
		{ "WIN1252", "a\x81\x80", "a\\x81€" },
		{ "EUC_JP", "\xc6\xfc\xcb", "日\\xcb" },
		{ "MULE_INTERNAL", "a\x81z", "a\\x81z" },
		{ "what no server has", "\xfc", "\\xfc" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
		struct charset *charset = charset_open(odd[i].name);
		struct strbuf utf8 CLEANUP(strbuf_free) = STRBUF(100);
		assert_false(charset_to_utf8(charset, odd[i].bytes, strlen(odd[i].bytes), &utf8));
		assert_string_equal(utf8.data, odd[i].text);
		charset_close(charset);
	}
}

static void what_a_database_cannot_hold_is_written_out(void **state)
{
	static const struct {
		const char *name, *text, *bytes;
	} lacking[] = {
		{ "LATIN1", "ü 日本 🍎!", "\xfc \\u{65e5}\\u{672c} \\u{1f34e}!" },
		{ "LATIN1", "a\xffz", "a\\xffz" },
		{ "EUC_JP", "日🍎", "\xc6\xfc\\u{1f34e}" },
		{ "UTF8", "a\xffz", "a\\xffz" },
		{ "MULE_INTERNAL", "ü", "\\u{fc}" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lacking); i++) {
		struct charset *charset = charset_open(lacking[i].name);
		struct strbuf bytes CLEANUP(strbuf_free) = STRBUF(100);
		assert_false(charset_from_utf8(
			charset, lacking[i].text, strlen(lacking[i].text), &bytes));
		assert_string_equal(bytes.data, lacking[i].bytes);
		charset_close(charset);
	}
}

static void long_texts_are_whole(void **state)
{
	struct charset *charset = charset_open("LATIN1");
	struct strbuf bytes CLEANUP(strbuf_free) = STRBUF(100000);
	struct strbuf utf8 CLEANUP(strbuf_free) = STRBUF(100000);
	struct strbuf back CLEANUP(strbuf_free) = STRBUF(100000);
	(void)state;
	for (int i = 0; i < 30000; i++)
		strbuf_add_char(&bytes, i % 3 ? 'x' : '\xfc');
	assert_true(charset_to_utf8(charset, bytes.data, bytes.len, &utf8));
	assert_int_equal(utf8.len, 40000);
	assert_true(charset_from_utf8(charset, utf8.data, utf8.len, &back));
	assert_int_equal(back.len, bytes.len);
	assert_memory_equal(back.data, bytes.data, bytes.len);
	charset_close(charset);
}

static void nothing_bound_is_utf8(void **state)
{
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(100);
	(void)state;
	assert_null(charset_bound());
	assert_true(charset_is_utf8(NULL));
	assert_true(charset_to_utf8(NULL, "ü", 2, &text));
	charset_bind("LATIN1");
	assert_false(charset_is_utf8(charset_bound()));
	charset_bind("LATIN1");
	charset_bind("SQL_ASCII");
	assert_true(charset_is_utf8(charset_bound()));
	charset_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_bound_is_utf8),
		cmocka_unit_test(every_encoding_goes_there_and_back),
		cmocka_unit_test(what_means_nothing_is_shown_and_told),
		cmocka_unit_test(what_a_database_cannot_hold_is_written_out),
		cmocka_unit_test(long_texts_are_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
