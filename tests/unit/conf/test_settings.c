/* conf/settings: the table of what decides what is made, and what becomes of whoever has it in a file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "conf/settings.h"
#include "conf/value.h"
#include "files.h"
#include "util/mem.h"

static void defaults(void **state)
{
	struct settings *settings CLEANUP(settings_cleanup) = settings_create();
	(void)state;
	assert_string_equal(settings->default_time_zone, "UTC");
	assert_int_equal(settings->min_interval, 60 * USEC_PER_SEC);
	assert_int_equal(settings->catch_up_limit, 100);
	assert_int_equal(settings->adopt_backlog, ADOPT_LATEST);
	assert_true(settings->notify_task_created);
	assert_int_equal(settings->notification_retention, INT64_C(90) * 86400 * USEC_PER_SEC);
	assert_int_equal(settings->version, SETTINGS_NO_VERSION);
	assert_string_equal(settings->trouble.text, "");
}

/* Who holds one keeps it, whoever else lets go. */
static void the_last_reference_frees(void **state)
{
	struct settings *settings = settings_create();
	(void)state;
	assert_ptr_equal(settings_share(settings), settings);
	settings_drop(settings);
	assert_string_equal(settings->default_time_zone, "UTC");
	settings_drop(settings);
	settings_drop(NULL);
	assert_null(settings_share(NULL));
}

static void values_are_checked(void **state)
{
	static const struct {
		const char *name, *value, *words;
	} bad[] = {
		{ "min_interval", "0", "from 1s to 1d" },
		{ "min_interval", "60", "a duration (us, ms, s, min, h, d)" },
		{ "catch_up_limit", "0", "from 1 to 100000" },
		{ "adopt_backlog", "some", "expected latest, all or none, got \"some\"" },
		{ "notify_task_created", "maybe", "expected on or off" },
		{ "notification_retention", "36501d",
			"expected 0, or a duration (us, ms, s, min, h, d) from 1h to 36500d" },
		{ "notification_retention", "1us", "from 1h" },
		{ "default_time_zone", "", "expected a text" },
	};
	struct settings *settings CLEANUP(settings_cleanup) = settings_create();
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct err err = { .text = "" };
		const struct conf_option *setting = settings_find(bad[i].name);
		assert_non_null(setting);
		assert_false(value_set(settings, setting, bad[i].value, &err));
		if (!strstr(err.text, bad[i].words))
			fail_msg("%s: %s", bad[i].name, err.text);
	}
	assert_null(settings_find("batch_size"));
	assert_int_equal(settings->catch_up_limit, 100);
}

/* An operator upgrades, and his file still has what is a setting now: he is told of all of them at once, where
 * they stand, and what to type with the values that he has. */
static void what_stands_in_a_source_is_told_with_its_value(void **state)
{
	static const char *const flags[] = { "catch_up_limit=7" };
	(void)state;
	setenv("RECURD_MIN_INTERVAL", "5min", 1);
	struct conf *conf = load("# mine\ndefault_time_zone = Europe/Berlin\n"
				 "worker_name = w\nadopt_backlog = some\n",
		flags, 1);
	static const char *const words[] = {
		"/c:2: default_time_zone is a setting of the database now, take it out here: ",
		": recurctl settings set default_time_zone Europe/Berlin; ",
		"/c:4: adopt_backlog is a setting of the database now, take it out here: ",
		": recurctl settings set adopt_backlog VALUE; ",
		"; environment variable RECURD_MIN_INTERVAL: min_interval is a setting",
		": recurctl settings set min_interval 5min; ",
		"; command line: catch_up_limit is a setting",
		": recurctl settings set catch_up_limit 7",
	};
	assert_non_null(conf->misplaced);
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (!strstr(conf->misplaced, words[i]))
			fail_msg("%s\n%s", words[i], conf->misplaced);
	assert_string_equal(conf->worker_name, "w");
	conf_free(conf);
}

static void none_is_misplaced_in_a_good_file(void **state)
{
	struct conf *conf = load_text("worker_name = w\n");
	(void)state;
	assert_null(conf->misplaced);
	conf_free(conf);
	refused("default_time_zone = UTC\ndefault_time_zone = UTC\n", 2,
		"default_time_zone is repeated, line 1 has it already");
}

static void a_value_is_quoted_for_a_shell(void **state)
{
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(1000);
	(void)state;
	settings_redirect(settings_find("default_time_zone"), "a b'c", &text);
	assert_non_null(strstr(text.data, "set default_time_zone \"a b'c\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(the_last_reference_frees),
		cmocka_unit_test(values_are_checked),
		TEST(what_stands_in_a_source_is_told_with_its_value),
		TEST(none_is_misplaced_in_a_good_file),
		cmocka_unit_test(a_value_is_quoted_for_a_shell),
	};
	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
