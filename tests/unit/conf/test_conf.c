/* conf: types and defaults, sources and their order, secrets, and what a dump gives back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "conf/files.h"
#include "conf/value.h"
#include "util/mem.h"

/* ---- values ---- */

static void defaults(void **state)
{
	struct conf *conf = load_text("");

	(void)state;
	assert_null(conf->database_url);
	assert_null(conf->listen_dsn);
	assert_null(conf->password_file);
	assert_null(conf->worker_name);
	assert_string_equal(conf->app_schema, "public");
	assert_string_equal(conf->zoneinfo_dir, "/usr/share/zoneinfo");
	assert_int_equal(conf->batch_size, 1000);
	assert_int_equal(conf->poll_interval, USEC_PER_SEC);
	assert_int_equal(conf->connect_timeout, 5 * USEC_PER_SEC);
	assert_int_equal(conf->query_timeout, 30 * USEC_PER_SEC);
	assert_int_equal(conf->statement_timeout, 15 * USEC_PER_SEC);
	assert_int_equal(conf->lock_timeout, 300 * USEC_PER_MSEC);
	assert_int_equal(conf->reconnect_limit, 4 * USEC_PER_SEC);
	/* A new primary behind a dead first host is found within 10 s. */
	assert_true(conf->reconnect_limit + conf->connect_timeout < 10 * USEC_PER_SEC);
	assert_int_equal(conf->heartbeat_interval, 30 * USEC_PER_SEC);
	assert_true(conf->notify);
	assert_int_equal(conf->log_rate, 1000);
	assert_int_equal(conf->log_level, LOG_INFO);
	conf_free(conf);
}

static void every_type_is_read(void **state)
{
	struct conf *conf = load_text(
		"# a file\n"
		"database_url = \"postgresql://u:p@h:5432/db?sslmode=require\" # why\n"
		"app_schema=app_1$x\n"
		"batch_size = 7\r\n"
		"user_share = 40%\n"
		"poll_interval = 250ms\n"
		"heartbeat_interval = '1 h'\n"
		"notify = False\n"
		"log_level = debug\n"
		"worker_name = 'a # b ${c}'\n");

	(void)state;
	assert_string_equal(conf->database_url, "postgresql://u:p@h:5432/db?sslmode=require");
	assert_string_equal(conf->app_schema, "app_1$x");
	assert_int_equal(conf->batch_size, 7);
	assert_int_equal(conf->user_share, 40);
	assert_int_equal(conf->poll_interval, 250 * USEC_PER_MSEC);
	assert_int_equal(conf->heartbeat_interval, 3600 * USEC_PER_SEC);
	assert_false(conf->notify);
	assert_int_equal(conf->log_level, LOG_DEBUG);
	assert_string_equal(conf->worker_name, "a # b ${c}");
	conf_free(conf);
}

static void bad_values(void **state)
{
	(void)state;
	refused("batch_size = 0\n", 1,
		"batch_size: expected an integer from 1 to 10000, got \"0\"");
	refused("\nbatch_size = 10001\n", 2, "got \"10001\"");
	refused("batch_size = 99999999999999999999\n", 1, "expected an integer");
	refused("batch_size = 0x10\n", 1, "expected an integer");
	refused("batch_size = +5\n", 1, "quotes");
	refused("batch_size = '+5'\n", 1, "expected an integer");
	refused("batch_size = ' 5'\n", 1, "expected an integer");
	refused("batch_size = \"\"\n", 1, "expected an integer");
	refused("batch_size = 1e3\n", 1, "expected an integer");
	refused("user_share = 0%\n", 1, "user_share: expected a share from 1% to 100%, got \"0%\"");
	refused("user_share = 101\n", 1, "expected a share");
	refused("user_share = 25%%\n", 1, "expected a share");
	refused("user_share = '25 %'\n", 1, "expected a share");
	refused("user_share = %\n", 1, "expected a share");
	refused("user_share = \"\"\n", 1, "expected a share");
	refused("poll_interval = 5\n", 1,
		"poll_interval: expected a duration (us, ms, s, min, h, d) from 10ms to 1d, got "
		"\"5\"");
	refused("poll_interval = 0\n", 1, "expected a duration");
	refused("poll_interval = 5m\n", 1, "expected a duration");
	refused("poll_interval = 5S\n", 1, "expected a duration");
	refused("poll_interval = -5s\n", 1, "expected a duration");
	refused("poll_interval = 1.5s\n", 1, "expected a duration");
	refused("poll_interval = s\n", 1, "expected a duration");
	refused("poll_interval = 9999us\n", 1, "expected a duration");
	refused("poll_interval = 25h\n", 1, "expected a duration");
	/* 2^64 microseconds and a few: must not wrap around into the range */
	refused("poll_interval = 213503982334602d\n", 1, "expected a duration");
	refused("lock_timeout = 11s\n", 1, "from 1ms to 10s");
	refused("notify = maybe\n", 1, "notify: expected on or off, got \"maybe\"");
	refused("log_level = Info\n", 1, "expected err, warning, notice, info or debug");
	refused("app_schema = 'x;drop'\n", 1, "expected an identifier");
	refused("app_schema = \"\"\n", 1, "expected an identifier");
	refused("app_schema = 1a\n", 1, "expected an identifier");
	refused("app_schema = a234567890123456789012345678901234567890123456789012345678901234\n",
		1, "expected an identifier");
	refused("zoneinfo_dir = ''\n", 1, "expected a text");
}

static void durations_at_their_bounds(void **state)
{
	static const char *const good[] = { "10ms", "10000us", "1d", "24h", "1440min", "86400s" };
	char text[100];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		snprintf(text, sizeof(text), "poll_interval = %s\n", good[i]);
		conf_free(load_text(text));
	}
}

/* ---- sources ---- */

static void flag_beats_environment_beats_file(void **state)
{
	static const char *const flags[] = { "batch_size=3", "batch_size=4" };
	struct conf *conf;

	(void)state;
	setenv("RECURD_BATCH_SIZE", "20", 1);
	setenv("RECURD_CONNECTIONS", "3", 1);
	setenv("RECURD_LOG_RATE", "", 1); /* empty: as if unset */
	conf = load("batch_size = 1\nconnections = 1\nlog_rate = 5\n", flags, 2);
	assert_int_equal(conf->batch_size, 4);
	assert_int_equal(conf->connections, 3);
	assert_int_equal(conf->log_rate, 5);
	conf_free(conf);
}

/* Where the database is, each source hides those that follow it here; all are checked all the same. */
static void a_named_file_beats_the_environment_where_the_database_is(void **state)
{
	static const char *const flags[] = { "database_url=dbname=flag" };
	static const char text[] = "database_url = 'dbname=file'\nlisten_dsn = 'dbname=file'\n"
				   "batch_size = 1\n";
	struct conf *conf;

	(void)state;
	setenv("DATABASE_URL", "dbname=url", 1);
	conf = load("batch_size = 1\n", NULL, 0);
	assert_string_equal(conf->database_url, "dbname=url");
	conf_free(conf);
	setenv("RECURD_DATABASE_URL", "dbname=ours", 1);
	setenv("RECURD_LISTEN_DSN", "dbname=ours", 1);
	setenv("RECURD_BATCH_SIZE", "2", 1);
	conf = load("batch_size = 1\n", NULL, 0);
	assert_string_equal(conf->database_url, "dbname=ours");
	assert_string_equal(conf->listen_dsn, "dbname=ours");
	conf_free(conf);
	conf = load(text, NULL, 0);
	assert_string_equal(conf->database_url, "dbname=file");
	assert_string_equal(conf->listen_dsn, "dbname=file");
	assert_int_equal(conf->batch_size, 2);
	conf_free(conf);
	conf = load(text, flags, 1);
	assert_string_equal(conf->database_url, "dbname=flag");
	conf_free(conf);
	struct err err = { .text = "" };
	setenv("RECURD_DATABASE_URL", "no conninfo", 1);
	assert_false(conf_load(file, NULL, 0, &conf, &err));
	assert_non_null(strstr(err.text, "RECURD_DATABASE_URL"));
}

/* What the file says must be right even where something stronger hides it. */
static void hidden_values_are_checked_too(void **state)
{
	(void)state;
	setenv("RECURD_BATCH_SIZE", "20", 1);
	refused("batch_size = none\n", 1, "expected an integer");
}

static void fails(const char *const *flags, size_t n, const char *words)
{
	struct err err = { .text = "" };
	struct conf *conf = NULL;

	write_file("", 0);
	assert_false(conf_load(file, flags, n, &conf, &err));
	assert_null(conf);
	if (strstr(err.text, words) == NULL)
		fail_msg("expected %s\ngot      %s", words, err.text);
}

static void bad_flags_and_variables(void **state)
{
	static const char *const no_equals[] = { "batch_size" };
	static const char *const unknown[] = { "batch=1" };
	static const char *const bad[] = { "batch_size=x" };

	(void)state;
	fails(no_equals, 1, "command line: expected key=value, got \"batch_size\"");
	fails(unknown, 1, "command line: no such option 'batch'");
	fails(bad, 1, "command line: batch_size: expected an integer");
	setenv("RECURD_POLL_INTERVAL", "1", 1);
	fails(NULL, 0, "environment variable RECURD_POLL_INTERVAL: expected a duration");
}

static void credential_is_the_last_resort(void **state)
{
	char path[100];
	struct conf *conf;
	FILE *out;

	(void)state;
	setenv("CREDENTIALS_DIRECTORY", directory, 1);
	snprintf(path, sizeof(path), "%s/pgpassword", directory);
	conf = load_text("");
	assert_null(conf->password_file);
	conf_free(conf);
	out = fopen(path, "w"); /* what the unit says for a file that is not there */
	assert_non_null(out);
	fputs("\n", out);
	fflush(out);
	conf = load_text("");
	assert_null(conf->password_file);
	conf_free(conf);
	rewind(out);
	fputs("secret\n", out);
	fclose(out);
	conf = load_text("");
	assert_string_equal(conf->password_file, path);
	conf_free(conf);
	conf = load_text("password_file = /elsewhere\n");
	assert_string_equal(conf->password_file, "/elsewhere");
	conf_free(conf);
	unlink(path);
}

static void put(const char *name, const char *text, char path[static 100])
{
	snprintf(path, 100, "%s/%s", directory, name);
	FILE *out = fopen(path, "w");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

/* recurctl of a service's administrator finds what the unit hands to the daemon; no other database gets it. */
static void a_password_beside_the_file_is_for_its_database(void **state)
{
	static const struct {
		const char *conf, *text, *password;
		bool found;
	} cases[] = {
		{ "recurd.conf", "database_url = \"host=db\"\n", "pgpassword", true },
		{ "two.conf", "database_url = \"host=db\"\n", "two.pgpassword", true },
		{ "two.conf", "database_url = \"host=db\"\n", "pgpassword", false },
		{ "recurd.conf", "", "pgpassword", false },
		{ "two", "database_url = \"host=db\"\n", "two.pgpassword", false },
		{ ".conf", "database_url = \"host=db\"\n", ".pgpassword", false },
	};
	static const char *const elsewhere[] = { "database_url=host=elsewhere" };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char path[100], password[100];
		struct err err;
		struct conf *conf;
		put(cases[i].conf, cases[i].text, path);
		put(cases[i].password, "secret\n", password);
		assert_true(conf_load(path, NULL, 0, &conf, &err));
		if (cases[i].found)
			assert_string_equal(conf->password_file, password);
		else
			assert_null(conf->password_file);
		conf_free(conf);
		assert_true(conf_load(path, elsewhere, 1, &conf, &err));
		assert_null(conf->password_file);
		conf_free(conf);
		unlink(path);
		unlink(password);
	}
}

/* ---- secrets ---- */

static void errors_do_not_quote_passwords(void **state)
{
	static const char *const urls[] = { "postgresql+asyncpg://u:geheim@h/db?nonsense=1",
		"postgresql://u:geheim@h:port/db", "postgresql://u:geheim@h/db?nonsense=1",
		"mysql://u:geheim@h/db", "host=h password='geheim", "host=h passwd=geheim" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		struct err err = { .text = "" };
		struct conf *conf = NULL;

		setenv("RECURD_DATABASE_URL", urls[i], 1);
		write_file("", 0);
		/* libpq looks at ports only when it connects: that one may pass. */
		if (conf_load(file, NULL, 0, &conf, &err)) {
			assert_int_equal(i, 1);
			conf_free(conf);
			continue;
		}
		assert_null(strstr(err.text, "geheim"));
		assert_non_null(strstr(err.text, "RECURD_DATABASE_URL: expected"));
	}
	setenv("RECURD_DATABASE_URL", "host=h prot=5", 1);
	fails(NULL, 0, "prot");
}

static void driver_of_a_url_is_dropped(void **state)
{
	static const char *const cases[][2] = {
		{ "postgresql+asyncpg://u@h/db", "postgresql://u@h/db" },
		{ "postgres+psycopg2://u:a+b@h/db", "postgres://u:a+b@h/db" },
		{ "postgresql://u:a+b@h/db", "postgresql://u:a+b@h/db" },
		{ "host=h password=a+b://", "host=h password=a+b://" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		setenv("RECURD_DATABASE_URL", cases[i][0], 1);
		struct conf *conf = load_text("");

		assert_string_equal(conf->database_url, cases[i][1]);
		conf_free(conf);
	}
}

static char *dumped(const struct conf *conf)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	conf_dump(conf, out);
	fclose(out);
	return text;
}

static void dump_masks_passwords(void **state)
{
	struct conf *conf = load_text(
		"database_url = "
		"\"postgresql://u:geheim@h1,h2:5433/db?sslpassword=geheim2&sslmode=require\"\n"
		"listen_dsn = \"host=h user='o\\\\'x' password='geheim3'\"\n");
	char *text CLEANUP(mem_cleanup) = dumped(conf);

	(void)state;
	assert_null(strstr(text, "geheim"));
	assert_non_null(strstr(text, "password='***'"));
	assert_non_null(strstr(text, "sslpassword='***'"));
	assert_non_null(strstr(text, "host='h1,h2'"));
	assert_non_null(strstr(text, "sslmode='require'"));
	conf_free(conf);
	conf = load_text(text); /* still a file that can be read */
	conf_free(conf);
}

static void assert_same(const struct conf *a, const struct conf *b)
{
	for (size_t i = 0; i < conf_options_len; i++) {
		struct strbuf left CLEANUP(strbuf_free) = STRBUF(10000);
		struct strbuf right CLEANUP(strbuf_free) = STRBUF(10000);

		assert_int_equal(value_format(a, &conf_options[i], &left),
			value_format(b, &conf_options[i], &right));
		assert_string_equal(left.data, right.data);
	}
}

static void dump_is_read_as_the_same(void **state)
{
	struct conf *conf = load_text(
		"worker_name = \"a \\\"b\\\" \\\\ \\${X} 'c' # \\x01\\n\xC3\xA4\"\n"
		"password_file = '/x y'\n"
		"poll_interval = 1500ms\nheartbeat_interval = 120s\nlog_rate = 0\n"
		"notify = no\nlog_level = err\n");
	char *text CLEANUP(mem_cleanup) = dumped(conf);
	struct conf *again = load_text(text);

	(void)state;
	assert_same(conf, again);
	assert_non_null(strstr(text, "heartbeat_interval = \"2min\"\n"));
	assert_non_null(strstr(text, "# listen_dsn is not set\n"));
	conf_free(conf);
	conf_free(again);
}

static void dump_tells_where_values_come_from(void **state)
{
	static const char *const flags[] = { "log_rate=5" };
	struct conf *conf;
	char *text CLEANUP(mem_cleanup) = NULL;

	(void)state;
	setenv("RECURD_NOTIFY", "off", 1);
	conf = load("# x\nlog_level = err\n", flags, 1);
	text = dumped(conf);
	assert_non_null(strstr(text, "/c:2\nlog_level = \"err\"\n"));
	assert_non_null(
		strstr(text, "# From: environment variable RECURD_NOTIFY\nnotify = \"off\"\n"));
	assert_non_null(strstr(text, "# From: command line\nlog_rate = \"5\"\n"));
	assert_non_null(strstr(text, "# From: default\nbatch_size = \"1000\"\n"));
	conf_free(conf);
}

static void changes_that_need_a_restart(void **state)
{
	struct conf *old = load_text("");
	struct conf *same = load_text("batch_size = 5\ndatabase_url = 'host=x'\n");
	struct conf *schema = load_text("app_schema = app\n");
	struct conf *zones = load_text("zoneinfo_dir = /x\n");

	(void)state;
	assert_null(conf_needs_restart(old, same));
	assert_string_equal(conf_needs_restart(old, schema), "app_schema");
	assert_string_equal(conf_needs_restart(old, zones), "zoneinfo_dir");
	conf_free(old);
	conf_free(same);
	conf_free(schema);
	conf_free(zones);
	conf_free(NULL);
}

/* ---- the example that is installed ---- */

static char *slurp(const char *path)
{
	char *text = mem_alloc(100000);
	FILE *in = fopen(path, "r");

	assert_non_null(in);
	assert_true(fread(text, 1, 99999, in) > 0);
	fclose(in);
	return text;
}

/* As it stands, and with every "#key = value" in force, the example is the defaults. */
static void example_shows_the_defaults(void **state)
{
	char *text CLEANUP(mem_cleanup) = slurp(TEST_SOURCE_DIR "/systemd/recurd.conf.example");
	struct conf *defaults_conf = load_text("");
	struct conf *as_is = load_text(text);
	struct conf *in_force;

	(void)state;
	assert_same(defaults_conf, as_is);
	for (size_t i = 0; i < conf_options_len; i++) {
		char line[100];
		char *at;

		snprintf(line, sizeof(line), "\n#%s = ", conf_options[i].name);
		at = strstr(text, line);
		if (at == NULL)
			fail_msg("%s is not in the example", conf_options[i].name);
		if (conf_options[i].default_text != NULL)
			at[1] = ' ';
	}
	in_force = load_text(text);
	assert_same(defaults_conf, in_force);
	conf_free(defaults_conf);
	conf_free(as_is);
	conf_free(in_force);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(defaults),
		TEST(every_type_is_read),
		TEST(bad_values),
		TEST(durations_at_their_bounds),
		TEST(flag_beats_environment_beats_file),
		TEST(a_named_file_beats_the_environment_where_the_database_is),
		TEST(hidden_values_are_checked_too),
		TEST(bad_flags_and_variables),
		TEST(credential_is_the_last_resort),
		TEST(a_password_beside_the_file_is_for_its_database),
		TEST(errors_do_not_quote_passwords),
		TEST(driver_of_a_url_is_dropped),
		TEST(dump_masks_passwords),
		TEST(dump_is_read_as_the_same),
		TEST(dump_tells_where_values_come_from),
		TEST(changes_that_need_a_restart),
		TEST(example_shows_the_defaults),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
