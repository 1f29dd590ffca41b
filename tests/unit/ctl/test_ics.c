/* ics: what calendar programs read; and load: how much comes when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "ctl/ics.h"
#include "ctl/load.h"
#include "util/strbuf.h"

static char *line_of(const char *name, const char *text)
{
	static char *out; /* written when the stream is closed */
	static size_t len;
	FILE *file = open_memstream(&out, &len);
	ics_line(file, name, text);
	fclose(file);
	return out;
}

static const struct {
	const char *words, *text, *wanted;
} lines[] = {
	{ "plain", "Water the plants", "SUMMARY:Water the plants\r\n" },
	{ "nothing", "", "SUMMARY:\r\n" },
	{ "what has a meaning", "a;b,c\\d\ne", "SUMMARY:a\\;b\\,c\\\\d\\ne\r\n" },
	{ "a line cannot be forged", "x\r\nEND:VCALENDAR", "SUMMARY:x \\nEND:VCALENDAR\r\n" },
	{ "what moves a cursor", "\x1b[2J\x7f", "SUMMARY: [2J \r\n" },
	{ "no UTF-8",
		"\xff"
		"a",
		"SUMMARY:\xef\xbf\xbd"
		"a\r\n" },
	{ "75 bytes are one line",
		"0123456789012345678901234567890123456789012345678901234567890123456",
		"SUMMARY:0123456789012345678901234567890123456789012345678901234567890123456\r\n" },
	{ "76 are two", "01234567890123456789012345678901234567890123456789012345678901234567",
		"SUMMARY:0123456789012345678901234567890123456789012345678901234567890123456\r\n "
		"7\r\n" },
	{ "a character is never cut",
		"012345678901234567890123456789012345678901234567890123456789012345\xc3\xbc",
		"SUMMARY:012345678901234567890123456789012345678901234567890123456789012345\r\n "
		"\xc3\xbc\r\n" },
};

static void texts_stay_on_their_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		char *got = line_of("SUMMARY", lines[i].text);
		if (strcmp(got, lines[i].wanted) != 0)
			fail_msg("%s: got \"%s\"", lines[i].words, got);
		free(got);
	}
}

/* Four bytes each, so that every place for a fold comes up. */
static void long_texts_are_folded_between_characters(void **state)
{
	(void)state;
	for (size_t lead = 0; lead < 4; lead++) {
		struct strbuf text CLEANUP(strbuf_free) = STRBUF(4096);
		for (size_t i = 0; i < lead; i++)
			strbuf_add_char(&text, 'x');
		for (int i = 0; i < 200; i++)
			strbuf_add_text(&text, "\xf0\x9f\x8c\xb1");
		char *got = line_of("SUMMARY", text.data);
		size_t begin = 0;
		for (char *end; (end = strstr(got + begin, "\r\n"));
			begin = (size_t)(end - got) + 2) {
			assert_true((size_t)(end - got) - begin <= 75);
			assert_true(begin == 0 || got[begin] == ' ');
			assert_int_not_equal((unsigned char)got[begin + (begin > 0)] & 0xc0, 0x80);
		}
		free(got);
	}
}

#define MINUTE (INT64_C(60) * USEC_PER_SEC)
#define HOUR   (60 * MINUTE)
#define NOON   (INT64_C(1741608000) * USEC_PER_SEC)

static void hours_and_their_fullest_minutes(void **state)
{
	struct load load;
	(void)state;
	load_init(&load, NOON + 5 * MINUTE, NOON + 2 * HOUR + 1);
	assert_int_equal(load_hours(&load), 3);
	load_add(&load, LOAD_INSTANCES, NOON - 1);
	load_add(&load, LOAD_INSTANCES, NOON + 3 * HOUR);
	load_add(&load, LOAD_INSTANCES, NOON + HOUR);
	load_add(&load, LOAD_INSTANCES, NOON + HOUR + 30 * MINUTE);
	load_add(&load, LOAD_REMINDERS, NOON + HOUR + 31 * MINUTE - 1);
	load_add(&load, LOAD_INSTANCES, NOON + 3 * HOUR - 1);
	struct load_hour hour = load_hour(&load, 1);
	assert_int_equal(hour.begins, NOON + HOUR);
	assert_int_equal(hour.n[LOAD_INSTANCES], 2);
	assert_int_equal(hour.n[LOAD_REMINDERS], 1);
	assert_int_equal(hour.fullest, NOON + HOUR + 30 * MINUTE);
	assert_int_equal(hour.fullest_n, 2);
	assert_int_equal(load_hour(&load, 0).fullest_n, 0);
	assert_int_equal(load_hour(&load, 2).n[LOAD_INSTANCES], 1);
	assert_int_equal(load.total[LOAD_INSTANCES], 3);
	load_free(&load);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_stay_on_their_line),
		cmocka_unit_test(long_texts_are_folded_between_characters),
		cmocka_unit_test(hours_and_their_fullest_minutes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
