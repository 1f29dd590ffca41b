/* err: texts are one line, cut with "..." at a character's boundary, and NULL is accepted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "util/err.h"

static void text_is_set_and_false_returned(void **state)
{
	struct err err = { .text = "before" };

	(void)state;
	assert_false(err_set(&err, "expected %s, got %d", "a thing", 7));
	assert_string_equal(err.text, "expected a thing, got 7");
	assert_false(err_set(NULL, "nobody listens"));
	assert_false(err_prefix(NULL, "nobody listens"));
}

static void own_text_may_be_an_argument(void **state)
{
	struct err err;

	(void)state;
	err_set(&err, "inner");
	err_set(&err, "outer: %s", err.text);
	assert_string_equal(err.text, "outer: inner");
	err_prefix(&err, "%s:%d: ", "file", 3);
	assert_string_equal(err.text, "file:3: outer: inner");
}

static void what_passes_is_told_apart(void **state)
{
	struct err err;

	(void)state;
	assert_false(err_set_passing(NULL, "nobody listens"));
	assert_false(err_set_passing(&err, "zone %s: too many open files", "X"));
	assert_true(err.passing);
	err_prefix(&err, "rule: ");
	assert_string_equal(err.text, "rule: zone X: too many open files");
	assert_true(err.passing);
	err_set(&err, "another: %s", err.text);
	assert_false(err.passing);
}

static void line_breaks_become_blanks(void **state)
{
	struct err err;

	(void)state;
	err_set(&err, "%s", "FATAL: no\nDETAIL: never\r\n\n");
	assert_string_equal(err.text, "FATAL: no DETAIL: never");
	err_set(&err, "%s", "\n\n");
	assert_string_equal(err.text, "");
}

/* The longest text that fits stays as it is, one more byte cuts it. */
static void long_text_is_cut(void **state)
{
	struct err err;
	char text[ERR_TEXT_MAX + 10];

	(void)state;
	memset(text, 'a', sizeof(text));
	text[ERR_TEXT_MAX - 1] = '\0';
	err_set(&err, "%s", text);
	assert_string_equal(err.text, text);
	text[ERR_TEXT_MAX - 1] = 'a';
	text[ERR_TEXT_MAX] = '\0';
	err_set(&err, "%s", text);
	assert_int_equal(strlen(err.text), ERR_TEXT_MAX - 1);
	assert_string_equal(err.text + ERR_TEXT_MAX - 5, "a...");
}

static void cut_respects_characters(void **state)
{
	struct err err;
	char text[ERR_TEXT_MAX * 4] = "";

	(void)state;
	for (int shift = 0; shift < 4; shift++) {
		size_t len;

		memset(text, 'x', sizeof(text));
		for (size_t at = (size_t)shift; at + 4 < sizeof(text); at += 4)
			memcpy(text + at, "\xF0\x9F\x98\x80", 4);
		text[sizeof(text) - 8] = '\0';
		err_set(&err, "%s", text);
		len = strlen(err.text);
		assert_string_equal(err.text + len - 3, "...");
		assert_int_equal((len - 3 - (size_t)shift) % 4, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_set_and_false_returned),
		cmocka_unit_test(own_text_may_be_an_argument),
		cmocka_unit_test(what_passes_is_told_apart),
		cmocka_unit_test(line_breaks_become_blanks),
		cmocka_unit_test(long_text_is_cut),
		cmocka_unit_test(cut_respects_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
