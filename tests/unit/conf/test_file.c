/* file: the form of the file, and the errors that people will see, with their lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "conf/files.h"
#include "util/mem.h"

static void bad_files(void **state)
{
	(void)state;
	refused("# one\n\nfoo = 1\n", 3, "no such option 'foo'");
	refused("pol_interval = 1s\n", 1,
		"no such option 'pol_interval' (did you mean \"poll_interval\"?)");
	refused("default_timezone = UTC\n", 1, "(did you mean \"default_time_zone\"?)");
	refused("Notify = on\n", 1, "no such option");
	refused("# x\nnotify = on\n# y\n\nnotify = on\n", 5, "notify is repeated, line 2 has it");
	refused("notify\n", 2, "recurd.conf(5)");
	refused("notify on\n", 1, "expected key = value");
	refused("notify =\n", 2, "recurd.conf(5)");
	refused("worker_name = two words\n", 1, "no such option 'words'");
	refused("database_url = postgresql://h/db?sslmode=require\n", 1, "quotes");
	refused("worker_name = \"never closed\n\n", 1, "never closed");
	refused("notify = on\nworker_name = 'never closed\n\n", 2, "never closed");
	refused("worker_name = a#b\n", 1, "'#' within a value");
	refused("// comment\n", 1, "a comment starts with '#'");
	refused("notify = on /* c */\n", 1, "a comment starts with '#'");
	refused("worker_name = ${HOME}\n", 1, "${...} is not expanded");
	refused("worker_name = x${HOME}\n", 1, "${...} is not expanded");
	refused("\nworker_name = \"a ${HOME}\"\n", 2, "${...} is not expanded");
	refused("include(\"/etc/passwd\")\n", 1, "one key = value a line");
	refused("notify = {on, off}\n", 1, "one key = value a line");
	refused("notify += on\n", 1, "one key = value a line");
	refused("notify { }\n", 1, "one key = value a line");
	refused("notify = on log_rate = 3\n", 1, "one key = value a line");
	refused("notify \"on\"\n", 1, "missing equal sign");
	refused("log_rate = 5\n= 3\n", 2, "unexpected token '='");
}

/* libconfuse alone counts two lines for each comment. */
static void lines_are_right_after_comments(void **state)
{
	(void)state;
	refused("# a\n# b\n\nnotify = on # c\n# d 'e \" f\nlog_rate = no\n", 6,
		"log_rate: expected");
	refused("worker_name = \"a\n# b\nc\"\nlog_rate = no\n", 4, "log_rate: expected");
	refused("worker_name = \"a\\\nb\"\nlog_rate = no\n", 3, "log_rate: expected");
}

static void quoted_texts(void **state)
{
	static const struct {
		const char *text, *value;
	} cases[] = {
		{ "worker_name = '${X} # \"'", "${X} # \"" },
		{ "worker_name = \"\\${X} \\\" # '\"", "${X} \" # '" },
		{ "worker_name = 'it\\'s \\\\ x'", "it's \\ x" },
		{ "worker_name = \"l1\nl2\"", "l1\nl2" },
		{ "worker_name = \"\\x41\\n\"", "A\n" },
		{ "worker_name = /a//b", "/a//b" },
		{ "worker_name = a$b", "a$b" },
		{ "worker_name='a'#c", NULL },
		{ "worker_name=a\t# c", "a" },
		{ "worker_name=\xC3\xA4", "\xC3\xA4" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (cases[i].value == NULL) {
			refused(cases[i].text, 1, "'#' within a value");
		} else {
			struct conf *conf = load_text(cases[i].text);

			assert_string_equal(conf->worker_name, cases[i].value);
			conf_free(conf);
		}
	}
}

static void unreadable_files(void **state)
{
	struct err err = { .text = "" };
	struct conf *conf = NULL;
	char *big CLEANUP(mem_cleanup) = mem_alloc(300 * 1024);

	(void)state;
	unlink(file);
	assert_false(conf_load(file, NULL, 0, &conf, &err));
	assert_non_null(strstr(err.text, "No such file"));
	assert_false(conf_load(directory, NULL, 0, &conf, &err));
	assert_non_null(strstr(err.text, "Is a directory"));
	write_file("notify\0= on", 11);
	assert_false(conf_load(file, NULL, 0, &conf, &err));
	assert_non_null(strstr(err.text, "NUL"));
	memset(big, '\n', 300 * 1024);
	write_file(big, 300 * 1024);
	assert_false(conf_load(file, NULL, 0, &conf, &err));
	assert_non_null(strstr(err.text, "longer than"));
	assert_null(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(bad_files),
		TEST(lines_are_right_after_comments),
		TEST(quoted_texts),
		TEST(unreadable_files),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
