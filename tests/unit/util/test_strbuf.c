/* strbuf: grows, never past its cap, all or nothing, always NUL-terminated. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "util/mem.h"
#include "util/strbuf.h"

static void starts_empty_without_memory(void **state)
{
	struct strbuf buf CLEANUP(strbuf_free) = STRBUF(10);

	(void)state;
	assert_string_equal(buf.data, "");
	assert_int_equal(buf.alloc, 0);
	strbuf_add_text(&buf, "");
	strbuf_addf(&buf, "%s", "");
	assert_int_equal(buf.alloc, 0);
	assert_false(buf.overflowed);
}

static void appends_every_kind(void **state)
{
	struct strbuf buf CLEANUP(strbuf_free) = STRBUF(1000);
	static const char expected[] =
		"text!\0n=42 \x03\x04\x05\x06\x00\x00\x00\x00\x00\x00\xFF\xFE";

	(void)state;
	strbuf_add_text(&buf, "text");
	strbuf_add_char(&buf, '!');
	strbuf_add(&buf, "\0", 1);
	strbuf_addf(&buf, "%s=%d ", "n", 42);
	strbuf_add_be32(&buf, 0x03040506);
	strbuf_add_be64(&buf, 0xFFFE);
	assert_int_equal(buf.len, sizeof(expected) - 1);
	assert_memory_equal(buf.data, expected, sizeof(expected));
}

static void cap_is_exact(void **state)
{
	struct strbuf buf CLEANUP(strbuf_free) = STRBUF(5);

	(void)state;
	strbuf_add_text(&buf, "abc");
	strbuf_add_text(&buf, "def");
	assert_true(buf.overflowed);
	assert_string_equal(buf.data, "abc");
	strbuf_addf(&buf, "%s", "xyz");
	assert_string_equal(buf.data, "abc");
	strbuf_addf(&buf, "%s", "de");
	assert_string_equal(buf.data, "abcde");
	strbuf_add_char(&buf, 'f');
	assert_string_equal(buf.data, "abcde");
	assert_true(buf.overflowed);
	strbuf_reset(&buf);
	assert_false(buf.overflowed);
	assert_string_equal(buf.data, "");
}

/* Formats of every length around the steps of growth, against what snprintf says. */
static void formats_of_every_length(void **state)
{
	char expected[400];

	(void)state;
	for (int first = 0; first < 70; first++) {
		for (int len = 0; len < 140; len++) {
			struct strbuf buf CLEANUP(strbuf_free) = STRBUF(sizeof(expected));

			strbuf_addf(&buf, "%*s", first, "");
			strbuf_addf(&buf, "%0*d", len, 7);
			snprintf(expected, sizeof(expected), "%*s%0*d", first, "", len, 7);
			assert_string_equal(buf.data, expected);
			assert_int_equal(buf.len, strlen(expected));
		}
	}
}

static void zeroed_one_is_safe(void **state)
{
	struct strbuf buf = { 0 };

	(void)state;
	strbuf_reset(&buf);
	strbuf_add_text(&buf, "x");
	assert_true(buf.overflowed);
	assert_int_equal(buf.len, 0);
	strbuf_free(&buf);
	assert_null(buf.data);
	strbuf_free(&buf);
}

static void stolen_text_is_the_callers(void **state)
{
	struct strbuf buf CLEANUP(strbuf_free) = STRBUF(100);
	char *text CLEANUP(mem_cleanup) = NULL;
	char *none CLEANUP(mem_cleanup) = NULL;

	(void)state;
	strbuf_add_text(&buf, "mine");
	text = strbuf_steal(&buf);
	none = strbuf_steal(&buf);
	assert_string_equal(text, "mine");
	assert_string_equal(none, "");
	strbuf_add_text(&buf, "again");
	assert_string_equal(buf.data, "again");
	assert_string_equal(text, "mine");
}

static void memory_helpers(void **state)
{
	char *text CLEANUP(mem_cleanup) = mem_printf("%d-%s", 5, "x");
	char *part CLEANUP(mem_cleanup) = mem_strndup("abcdef", 3);
	int *array CLEANUP(mem_cleanup) = mem_alloc_array(3, sizeof(*array));
	void *released = mem_alloc(0);

	(void)state;
	assert_string_equal(text, "5-x");
	assert_string_equal(part, "abc");
	assert_int_equal(array[0] | array[1] | array[2], 0);
	array = mem_realloc_array(array, 1000, sizeof(*array));
	array[999] = 1;
	assert_non_null(released);
	mem_cleanup(&released);
	assert_null(released);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_empty_without_memory),
		cmocka_unit_test(appends_every_kind),
		cmocka_unit_test(cap_is_exact),
		cmocka_unit_test(formats_of_every_length),
		cmocka_unit_test(zeroed_one_is_safe),
		cmocka_unit_test(stolen_text_is_the_callers),
		cmocka_unit_test(memory_helpers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
