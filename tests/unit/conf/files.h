/* files: a configuration file in a directory of its own, and what loading it must give.
 *
 * For the tests of conf/; each includes it once, after cmocka.h.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf.h"

static char directory[] = "/tmp/recurd-test-XXXXXX";
static char file[64];

static inline int make_directory(void **state)
{
	(void)state;
	if (mkdtemp(directory) == NULL)
		return -1;
	snprintf(file, sizeof(file), "%s/c", directory);
	return 0;
}

static inline int remove_directory(void **state)
{
	(void)state;
	unlink(file);
	return rmdir(directory);
}

static inline int clean_environment(void **state)
{
	(void)state;
	clearenv();
	return 0;
}

static inline void write_file(const char *text, size_t len)
{
	FILE *out = fopen(file, "w");

	assert_non_null(out);
	assert_int_equal(fwrite(text, 1, len, out), len);
	assert_int_equal(fclose(out), 0);
}

static inline struct conf *load(const char *text, const char *const *overrides, size_t n)
{
	struct err err = { .text = "" };
	struct conf *conf = NULL;

	write_file(text, strlen(text));
	if (!conf_load(file, overrides, n, &conf, &err))
		fail_msg("%s\n%s", text, err.text);
	return conf;
}

static inline struct conf *load_text(const char *text)
{
	return load(text, NULL, 0);
}

/* Asserts that the file is refused with an error that has "c:LINE: " and the words in it. */
static inline void refused(const char *text, int line, const char *words)
{
	struct err err = { .text = "" };
	struct conf *conf = NULL;
	char start[100];

	write_file(text, strlen(text));
	if (conf_load(file, NULL, 0, &conf, &err))
		fail_msg("accepted: %s", text);
	assert_null(conf);
	snprintf(start, sizeof(start), "%s:%d: ", file, line);
	if (strncmp(err.text, start, strlen(start)) != 0 || strstr(err.text, words) == NULL)
		fail_msg("%s\nexpected %s ... %s\ngot      %s", text, start, words, err.text);
}

#define TEST(name) cmocka_unit_test_setup(name, clean_environment)
