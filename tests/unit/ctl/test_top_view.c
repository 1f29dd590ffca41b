/* The screen of recurctl top: whatever stands in a row, no line is wider than the screen, and nothing moves the cursor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "ctl/top/view.h"
#include "recur/zone.h"

static const struct top_column columns[] = { { "AT", 10, 0, false }, { "N", 5, 0, true },
	{ "USER", 12, 80, false }, { "TITLE", 0, 0, false } };

static struct top_item items[] = {
	{ "t-1", { "14:02:33", "2", "ada", "water the plants" }, false },
	{ "t-2", { "14:02:40", "100", "lin", "\033[2J\033[H\007 a title that would clear \r\n it" },
		true },
	{ "t-3",
		{ "14:02:41", "7", "\xff\xfe",
			"\xe2\x80\xae turned \xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80 "
			"and \xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97 wide ones, as many "
			"as "
			"\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad"
			"\x97" },
		false },
};

static struct top_list list = { columns, ARRAY_LEN(columns), items, ARRAY_LEN(items), "Nothing." };

static struct top_data sample(void)
{
	struct top_data data = { .database = "app" };
	struct err err;
	assert_true(zone_load("UTC", &data.standing.face.zone, &err));
	data.standing.face.now = POSTGRES_EPOCH;
	data.standing.away_since = INSTANT_NONE;
	data.standing.figures = (struct figures){ .alive = 2,
		.next_due_at = POSTGRES_EPOCH + 2 * USEC_PER_SEC,
		.next_remind_at = INSTANT_NONE,
		.last_seen = POSTGRES_EPOCH };
	data.minutes[3].made = 100;
	data.minutes[60].due = 1;
	return data;
}

/* Columns of a line without its sequences. */
static size_t width_of(const char *line, size_t len)
{
	size_t width = 0;
	for (size_t i = 0; i < len;) {
		wchar_t c;
		if (line[i] == '\033') {
			while (line[i] != 'm')
				i++;
			i++;
			continue;
		}
		int n = mbtowc(&c, line + i, len - i);
		assert_true(n > 0);
		assert_true(wcwidth(c) >= 0);
		width += (size_t)wcwidth(c);
		i += (size_t)n;
	}
	return width;
}

static void check(struct top_view view)
{
	struct top_data data = sample();
	struct strbuf out CLEANUP(strbuf_free) = STRBUF(1 << 20);
	size_t lines = 0;
	top_draw(&out, &data, &list, &view);
	for (const char *line = out.data; *line != '\0'; lines++) {
		size_t len = strcspn(line, "\n");
		assert_true(width_of(line, len) <= view.width);
		line += len + 1;
	}
	if (view.height >= 12)
		assert_true(lines <= view.height);
	if (view.plain)
		assert_null(strchr(out.data, '\033'));
}

static void no_line_is_wider_than_the_screen(void **state)
{
	(void)state;
	for (size_t width = 20; width < 160; width++) {
		check((struct top_view){ .width = width, .height = 24, .filter = "plants" });
		check((struct top_view){ .width = width,
			.height = 12,
			.filter = "",
			.colours = true,
			.typing = true });
		check((struct top_view){
			.width = width, .filter = "", .plain = true, .ascii = true });
		check((struct top_view){ .width = width,
			.height = 30,
			.filter = "",
			.help = true,
			.message = "well?" });
	}
}

static void the_selected_row_stays_in_sight(void **state)
{
	struct top_data data = sample();
	struct top_item many[100];
	struct top_list long_list = list;
	struct top_view view = { .width = 80, .height = 20, .filter = "", .selected = 70 };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(many); i++)
		many[i] = items[0];
	many[70].cells[3] = "the one";
	long_list.items = many;
	long_list.n = ARRAY_LEN(many);
	struct strbuf out CLEANUP(strbuf_free) = STRBUF(1 << 20);
	top_draw(&out, &data, &long_list, &view);
	assert_non_null(strstr(out.data, "the one"));
	view.selected = 1000;
	top_draw(&out, &data, &long_list, &view);
	assert_int_equal(view.selected, 99);
}

static void words_say_what_colours_do(void **state)
{
	struct top_data data = sample();
	struct top_view view = { .width = 100, .filter = "", .plain = true };
	struct strbuf out CLEANUP(strbuf_free) = STRBUF(1 << 20);
	(void)state;
	data.standing.away = "connection refused";
	top_draw(&out, &data, &list, &view);
	assert_non_null(strstr(out.data, "The database does not answer."));
	assert_non_null(strstr(out.data, "connection refused"));
	assert_non_null(strstr(out.data, "\\x1b[2J"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_line_is_wider_than_the_screen),
		cmocka_unit_test(the_selected_row_stays_in_sight),
		cmocka_unit_test(words_say_what_colours_do),
	};
	setlocale(LC_CTYPE, "C.UTF-8");
	zones_open(NULL);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	zones_close();
	return failed;
}
