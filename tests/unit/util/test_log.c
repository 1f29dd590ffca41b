/* log: what hostile values become, what a full line keeps, and what reaches standard error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/log.h"
#include "util/timefmt.h"

static const char *one_value(const char *value)
{
	static struct log_line line;

	log_begin(&line, LOG_INFO, "e");
	log_text(&line, "k", value);
	line.text[line.len] = '\0';
	assert_memory_equal(line.text, "event=e k=", 10);
	return line.text + 10;
}

static void values_are_quoted_and_escaped(void **state)
{
	static const struct {
		const char *value, *printed;
	} cases[] = {
		{ "plain-1.2:3/x,[y]'", "plain-1.2:3/x,[y]'" },
		{ "", "\"\"" },
		{ "two words", "\"two words\"" },
		{ "a=b", "\"a=b\"" },
		{ "say \"hi\"", "\"say \\\"hi\\\"\"" },
		{ "back\\slash", "\"back\\\\slash\"" },
		{ "a\nevent=forged", "\"a\\x0aevent=forged\"" },
		{ "\r\t\x1b[31m\x7f", "\"\\x0d\\x09\\x1b[31m\\x7f\"" },
		{ "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80",
			"\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\"" },
		{ "\xC2\x85", "\"\\xc2\\x85\"" }, /* C1: next line */
		{ "\xE2\x80\xA8", "\"\\xe2\\x80\\xa8\"" }, /* line separator */
		{ "\xE2\x80\xAE", "\"\\xe2\\x80\\xae\"" }, /* right-to-left override */
		{ "\xD8\x9C", "\"\\xd8\\x9c\"" }, /* Arabic letter mark: turns the direction, too */
		{ "\xC0\x80", "\"\\xc0\\x80\"" }, /* overlong NUL */
		{ "\xE0\x80\xAF", "\"\\xe0\\x80\\xaf\"" }, /* overlong slash */
		{ "\xED\xA0\x80", "\"\\xed\\xa0\\x80\"" }, /* surrogate */
		{ "\xF4\x90\x80\x80", "\"\\xf4\\x90\\x80\\x80\"" }, /* above U+10FFFF */
		{ "\x80z\xFF", "\"\\x80z\\xff\"" },
		{ "cut\xE2\x82", "\"cut\\xe2\\x82\"" }, /* ends within a character */
		{ "\xF0\x9F", "\"\\xf0\\x9f\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_string_equal(one_value(cases[i].value), cases[i].printed);
}

static void typed_values(void **state)
{
	struct log_line line;

	(void)state;
	log_begin(&line, LOG_INFO, "generated");
	log_int(&line, "n", INT64_MIN);
	log_instant(&line, "at", INT64_C(1738576800000000));
	log_instant(&line, "end", USEC_INFINITY);
	log_text(&line, "absent", NULL);
	log_fmt(&line, "f", "%d %%", 5);
	line.text[line.len] = '\0';
	assert_string_equal(line.text, "event=generated n=-9223372036854775808 "
				       "at=2025-02-03T10:00:00Z end=infinity f=\"5 %\"");
}

/* Whatever came before, the keys that follow are whole: no value takes more than half the rest. */
static void long_values_leave_room(void **state)
{
	static char big[100000];
	struct log_line line;

	(void)state;
	memset(big, '\n', sizeof(big) - 1);
	log_begin(&line, LOG_INFO, "e");
	log_text(&line, "a", big);
	log_fmt(&line, "b", "%s", big);
	log_text(&line, "key", "0123456789abcdef0123456789abcdef");
	line.text[line.len] = '\0';
	assert_non_null(strstr(line.text, "\\x0a...\" b="));
	assert_non_null(strstr(line.text, "\\x0a...\" key=0123456789abcdef0123456789abcdef"));
	for (int i = 0; i < 100; i++)
		log_text(&line, "more", big);
	assert_true(line.len < LOG_LINE_MAX);
	line.text[line.len] = '\0';
	assert_string_equal(line.text + line.len - 4, "...\"");
}

/* Every length around the limit, with characters of 1 to 4 bytes: valid, within, whole or marked. */
static void cuts_are_at_characters(void **state)
{
	static const char *const chars[] = { "x", "\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x98\x80",
		"\"" };
	char value[3000];

	(void)state;
	for (size_t c = 0; c < ARRAY_LEN(chars); c++) {
		for (size_t n = 1; n * strlen(chars[c]) < sizeof(value) - 1; n++) {
			size_t size = strlen(chars[c]);
			struct log_line line;
			const char *end;

			for (size_t i = 0; i < n; i++)
				memcpy(value + i * size, chars[c], size);
			value[n * size] = '\0';
			log_begin(&line, LOG_INFO, "e");
			log_text(&line, "k", value);
			log_int(&line, "last", 1);
			line.text[line.len] = '\0';
			assert_true(line.len < LOG_LINE_MAX / 2 + 100);
			end = line.text + line.len - strlen(" last=1");
			assert_string_equal(end, " last=1");
			if (size > 1)
				assert_memory_equal(line.text + 11, chars[c], size);
			if (end - line.text < 1000)
				assert_null(strstr(line.text, "..."));
			else if (strstr(line.text, "...") != NULL && size > 1)
				assert_memory_equal(
					strstr(line.text, "...") - size, chars[c], size);
		}
	}
}

/* Runs with standard error in a file; returns what was written. */
static const char *captured(void (*run)(void))
{
	static char text[LOG_LINE_MAX * 2];
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO);
	size_t len;

	assert_non_null(file);
	dup2(fileno(file), STDERR_FILENO);
	run();
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(file);
	len = fread(text, 1, sizeof(text) - 1, file);
	text[len] = '\0';
	fclose(file);
	return text;
}

static void log_three(void)
{
	log_msg(LOG_ERR, "broken", "%s=%d", "a", 1);
	log_msg(LOG_NOTICE, "noted", "x");
	log_msg(LOG_INFO, "unheard", "x");
}

static void levels_and_prefixes(void **state)
{
	(void)state;
	log_open(LOG_SINK_STDERR, LOG_LOGFMT, "test", LOG_NOTICE);
	assert_true(log_enabled(LOG_NOTICE));
	assert_false(log_enabled(LOG_INFO));
	assert_string_equal(
		captured(log_three), "<3>event=broken msg=\"a=1\"\n<5>event=noted msg=x\n");
	log_open(LOG_SINK_STDERR, LOG_LOGFMT, "test", LOG_INFO);
	assert_true(log_enabled(LOG_INFO));
}

static void log_hostile(void)
{
	static char big[LOG_LINE_MAX * 2];
	memset(big, '"', sizeof(big) - 1);
	struct log_line line;
	log_begin(&line, LOG_INFO, "e");
	log_text(&line, "text", "a\"\\\n\x7f\xFFz\xC3\xA4\xE2\x80\xAE\xF3\xA0\x80\x81");
	log_int(&line, "n", INT64_MIN);
	log_text(&line, "empty", "");
	log_end(&line);
	log_msg(LOG_INFO, "big", "%s", big);
}

/* One object a line whatever a value holds, valid UTF-8, numbers as numbers; the journal gets no time, since it
 * has one. */
static void json_lines(void **state)
{
	(void)state;
	setenv("JOURNAL_STREAM", "1:2", 1);
	log_open(LOG_SINK_STDERR, LOG_JSON, "test", LOG_INFO);
	const char *text = captured(log_hostile);
	static const char first[] =
		"<6>{\"event\":\"e\",\"text\":\"a\\\"\\\\\\u000a\\u007f\\ufffdz\xC3\xA4\\u202e"
		"\\udb40\\udc01\",\"n\":-9223372036854775808,\"empty\":\"\"}\n<6>{\"event\":"
		"\"big\","
		"\"msg\":\"\\\"";
	assert_memory_equal(text, first, sizeof(first) - 1);
	assert_string_equal(text + strlen(text) - 6, "...\"}\n");
	unsetenv("JOURNAL_STREAM");
	log_open(LOG_SINK_STDERR, LOG_JSON, "test", LOG_NOTICE);
	text = captured(log_three);
	assert_memory_equal(text, "{\"time\":\"20", 11);
	assert_non_null(
		strstr(text, "Z\",\"priority\":\"err\",\"event\":\"broken\",\"msg\":\"a=1\"}\n{"));
	log_open(LOG_SINK_STDERR, LOG_LOGFMT, "test", LOG_INFO);
}

/* "14:03:05.017 err event=broken": somebody looks. */
static void a_terminal_has_the_time(void **state)
{
	int hour, minute, second, millisecond, n = 0;
	(void)state;
	log_open(LOG_SINK_TERMINAL, LOG_LOGFMT, "test", LOG_NOTICE);
	const char *text = captured(log_three);
	assert_int_equal(sscanf(text, "%2d:%2d:%2d.%3d err event=broken %n", &hour, &minute,
				 &second, &millisecond, &n),
		4);
	assert_true(n > 0);
	assert_non_null(strstr(text, " notice event=noted msg=x\n"));
	log_open(LOG_SINK_STDERR, LOG_LOGFMT, "test", LOG_INFO);
}

static void log_full_line(void)
{
	static char big[LOG_LINE_MAX * 2];
	struct log_line line;

	memset(big, 'y', sizeof(big) - 1);
	log_begin(&line, LOG_INFO, "full");
	for (int i = 0; i < 50; i++)
		log_text(&line, "k", big);
	log_end(&line);
	log_end(&line); /* ended lines are sent once */
}

static void full_line_is_one_line(void **state)
{
	const char *text = captured(log_full_line);

	(void)state;
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	assert_true(strlen(text) > LOG_LINE_MAX - 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_quoted_and_escaped),
		cmocka_unit_test(typed_values),
		cmocka_unit_test(long_values_leave_room),
		cmocka_unit_test(cuts_are_at_characters),
		cmocka_unit_test(levels_and_prefixes),
		cmocka_unit_test(json_lines),
		cmocka_unit_test(a_terminal_has_the_time),
		cmocka_unit_test(full_line_is_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
