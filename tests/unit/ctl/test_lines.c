/* lines: findings are taken a line at a time, whatever a step's file raises. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "ctl/migrate/lines.h"

static void each_line_comes_once(void **state)
{
	static const struct {
		const char *text, *joined;
	} cases[] = {
		{ NULL, "" },
		{ "", "" },
		{ "a", "a|" },
		{ "a\n", "a|" },
		{ "a\nb", "a|b|" },
		{ "a\n\nb\n", "a||b|" },
		{ "\n", "|" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct strbuf joined CLEANUP(strbuf_free) = STRBUF(100);
		const char *rest = cases[i].text;
		struct line line;
		while (lines_next(&rest, &line)) {
			strbuf_add(&joined, line.text, line.len);
			strbuf_add_char(&joined, '|');
		}
		assert_string_equal(joined.data, cases[i].joined);
		assert_false(lines_next(&rest, &line));
	}
}

static void a_line_is_found_whole(void **state)
{
	static const char lines[] = "one\ntwo [needed]\n";
	(void)state;
	assert_true(lines_have(lines, &(struct line){ "one", 3 }));
	assert_false(lines_have(lines, &(struct line){ "on", 2 }));
	assert_false(lines_have(lines, &(struct line){ "one\n", 4 }));
	assert_false(lines_have(NULL, &(struct line){ "one", 3 }));
}

static void what_is_needed_is_kept(void **state)
{
	struct strbuf kept CLEANUP(strbuf_free) = STRBUF(100);
	(void)state;
	lines_add_needed(&kept, "; ", NULL);
	assert_string_equal(kept.data, "");
	lines_add_needed(&kept, "; ", "a [needed]\nb [need\ned]\nc [needed] d");
	assert_string_equal(kept.data, "a [needed]; c [needed] d");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_line_comes_once),
		cmocka_unit_test(a_line_is_found_whole),
		cmocka_unit_test(what_is_needed_is_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
