/* conninfo: connection strings taken apart, in every form that applications write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/conninfo.h"
#include "util/strbuf.h"

static int forget_environment(void **state)
{
	(void)state;
	static const char *const names[] = { "PGHOST", "PGHOSTADDR", "PGPORT", "PGSERVICE",
		"PGUSER", "PGDATABASE", "PGPASSWORD", "PGSERVICEFILE", "PGSYSCONFDIR",
		"PGSSLMODE" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		unsetenv(names[i]);
	return 0;
}

static const char *or_dash(const char *text)
{
	return text ? text : "-";
}

/* host/hostaddr/port of each endpoint, "?" after one that needs DNS. */
static void describe(const struct conninfo *info, struct strbuf *text)
{
	for (size_t i = 0; i < info->endpoints_len; i++) {
		const struct endpoint *e = &info->endpoints[i];
		strbuf_addf(text, "%s%s|%s|%s%s", i ? " " : "", or_dash(e->host),
			or_dash(e->hostaddr), or_dash(e->port), e->needs_dns ? "?" : "");
	}
}

static const char *word(const struct conninfo *info, const char *keyword)
{
	for (size_t i = 0; i < info->words; i++)
		if (strcmp(info->keywords[i], keyword) == 0)
			return info->values[i];
	return NULL;
}

static struct conninfo *parse(const char *text, const char *password)
{
	struct conninfo *info = NULL;
	struct err err;
	if (!conninfo_parse(text, password, &info, &err))
		fail_msg("%s: %s", text, err.text);
	return info;
}

static void expect_endpoints(const char *text, const char *wanted)
{
	struct strbuf got CLEANUP(strbuf_free) = STRBUF(4096);
	struct conninfo *info = parse(text, NULL);
	describe(info, &got);
	if (strcmp(got.data, wanted) != 0)
		fail_msg("%s: expected %s, got %s", text, wanted, got.data);
	conninfo_free(info);
}

static const struct {
	const char *text, *endpoints;
} strings[] = {
	{ "", "-|-|-" },
	{ "dbname=app", "-|-|-" },
	{ "host=db.example.org port=6432 dbname=app", "db.example.org|-|6432?" },
	{ "host=10.0.0.1", "10.0.0.1|-|-" },
	{ "host=::1 port=5433", "::1|-|5433" },
	{ "host=/run/postgresql", "/run/postgresql|-|-" },
	{ "host=db hostaddr=10.0.0.7", "db|10.0.0.7|-" },
	{ "hostaddr=10.0.0.7", "-|10.0.0.7|-" },
	{ "host=a,b,10.0.0.3 port=6432", "a|-|6432? b|-|6432? 10.0.0.3|-|6432" },
	{ "host=a,b port=1,2", "a|-|1? b|-|2?" },
	{ "host=a,b hostaddr=10.0.0.1,10.0.0.2", "a|10.0.0.1|- b|10.0.0.2|-" },
	{ "host=,b port=1,", "-|-|1 b|-|-?" },
	{ "postgresql://u@db.example.org:6432/app?sslmode=require", "db.example.org|-|6432?" },
	{ "postgres://u:p%40ss@[2001:db8::1]:5433/app", "2001:db8::1|-|5433" },
	{ "postgresql://a:1,b:2/app", "a|-|1? b|-|2?" },
	{ "postgresql:///app?host=/run/postgresql", "/run/postgresql|-|-" },
	{ "postgresql+psycopg://u@db/app", "db|-|-?" },
	{ "postgresql+asyncpg://u@db:5433/app", "db|-|5433?" },
};

static void strings_name_these_hosts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(strings); i++)
		expect_endpoints(strings[i].text, strings[i].endpoints);
}

static void the_environment_fills_in_what_the_string_leaves_out(void **state)
{
	(void)state;
	setenv("PGHOST", "env-a,env-b", 1);
	setenv("PGPORT", "7000", 1);
	expect_endpoints(NULL, "env-a|-|7000? env-b|-|7000?");
	expect_endpoints("dbname=app", "env-a|-|7000? env-b|-|7000?");
	expect_endpoints("host=db", "db|-|7000?");
	setenv("PGHOSTADDR", "10.9.9.9,10.9.9.8", 1);
	expect_endpoints("host=db port=1", "db|-|1?");
	expect_endpoints("", "env-a|10.9.9.9|7000 env-b|10.9.9.8|7000");
}

static void a_service_is_left_to_libpq(void **state)
{
	char path[] = "/tmp/pg_service_XXXXXX";
	int fd = mkstemp(path);
	(void)state;
	assert_true(fd >= 0);
	assert_true(dprintf(fd, "[app]\nhost=db\n") > 0);
	close(fd);
	setenv("PGSERVICEFILE", path, 1);
	setenv("PGHOST", "elsewhere", 1);
	struct conninfo *info = parse("service=app", NULL);
	assert_int_equal(info->endpoints_len, 1);
	assert_true(!info->endpoints[0].host || strcmp(info->endpoints[0].host, "db") == 0);
	conninfo_free(info);
	unlink(path);
}

static void silence_of_the_administrator_is_filled_with_our_defaults(void **state)
{
	(void)state;
	struct conninfo *info = parse("dbname=app user=u", NULL);
	assert_string_equal(word(info, "target_session_attrs"), "read-write");
	assert_string_equal(word(info, "fallback_application_name"), "recurd");
	assert_string_equal(word(info, "client_encoding"), "SQL_ASCII");
	assert_non_null(word(info, "tcp_user_timeout"));
	assert_string_equal(word(info, "dbname"), "app");
	conninfo_free(info);
	info = parse("target_session_attrs=any tcp_user_timeout=1 application_name=mine "
		     "client_encoding=LATIN1",
		NULL);
	/* Not a matter of taste: a conversion can fail (db/conninfo.h). */
	assert_string_equal(word(info, "client_encoding"), "SQL_ASCII");
	assert_string_equal(word(info, "target_session_attrs"), "any");
	assert_string_equal(word(info, "tcp_user_timeout"), "1");
	assert_string_equal(word(info, "application_name"), "mine");
	conninfo_free(info);
}

static void the_passwords_file_counts_where_the_string_has_none(void **state)
{
	(void)state;
	struct conninfo *info = parse("dbname=app", "from-file");
	assert_string_equal(word(info, "password"), "from-file");
	conninfo_free(info);
	info = parse("postgresql://u:p%40ss@db/app", "from-file");
	assert_string_equal(word(info, "password"), "p@ss");
	conninfo_free(info);
}

static const struct {
	const char *text, *reason;
} wrongs[] = {
	{ "host", "missing \"=\"" },
	{ "no_such_option=1", "no_such_option" },
	{ "postgresql://db:nonsense@/%zz", "%zz" },
	{ "host=a,b hostaddr=10.0.0.1", "2 host names but 1 hostaddr" },
	{ "host=a,b,c port=1,2", "2 ports for 3 hosts" },
	{ "host=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17", "17 hosts" },
	{ "host='unterminated", "unterminated" },
};

static void what_is_wrong_is_said(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrongs); i++) {
		struct conninfo *info = NULL;
		struct err err = { .text = "" };
		assert_false(conninfo_parse(wrongs[i].text, NULL, &info, &err));
		assert_null(info);
		if (!strstr(err.text, wrongs[i].reason))
			fail_msg("%s: \"%s\" does not say \"%s\"", wrongs[i].text, err.text,
				wrongs[i].reason);
	}
}

static void only_the_driver_is_taken_out_of_a_uri(void **state)
{
	static const struct {
		const char *text, *plain;
	} cases[] = {
		{ "postgresql+psycopg2://h/d", "postgresql://h/d" },
		{ "postgres+pg8000://h/d?x=a+b", "postgres://h/d?x=a+b" },
		{ "postgresql://u:a+b@h/d", "postgresql://u:a+b@h/d" },
		{ "mysql+pymysql://h/d", "mysql+pymysql://h/d" },
		{ "host=a+b", "host=a+b" },
		{ "", "" },
		{ "postgresql+", "postgresql+" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *plain = conninfo_plain_uri(cases[i].text);
		assert_string_equal(plain, cases[i].plain);
		free(plain);
	}
}

static void libpq_is_given_one_host_at_a_time(void **state)
{
	const char *keywords[CONNINFO_WORDS_MAX], *values[CONNINFO_WORDS_MAX];
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(4096);
	(void)state;
	struct conninfo *info = parse("host=a,b port=1,2", NULL);
	conninfo_params(info, &info->endpoints[1], "10.0.0.2", keywords, values);
	for (size_t i = 0; keywords[i]; i++)
		if (strncmp(keywords[i], "host", 4) == 0 || strcmp(keywords[i], "port") == 0)
			strbuf_addf(&text, "%s=%s ", keywords[i], values[i]);
	assert_string_equal(text.data, "host=b hostaddr=10.0.0.2 port=2 ");
	conninfo_free(info);
}

static void passwords_are_the_first_line_of_their_file(void **state)
{
	static const struct {
		const char *content, *password;
	} files[] = {
		{ "secret", "secret" },
		{ "secret\nmore\n", "secret" },
		{ "secret\r\n", "secret" },
		{ " with blanks \n", " with blanks " },
		{ "", NULL },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		char path[] = "/tmp/password_XXXXXX";
		char *password = NULL;
		struct err err = { .text = "" };
		int fd = mkstemp(path);
		assert_true(fd >= 0);
		assert_int_equal(write(fd, files[i].content, strlen(files[i].content)),
			strlen(files[i].content));
		close(fd);
		bool ok = conninfo_read_password(path, &password, &err);
		unlink(path);
		assert_true(ok == (files[i].password != NULL));
		if (ok)
			assert_string_equal(password, files[i].password);
		else
			assert_non_null(strstr(err.text, "empty"));
		free(password);
	}
	char *password = NULL;
	struct err err = { .text = "" };
	assert_false(conninfo_read_password("/nonexistent/file", &password, &err));
	assert_non_null(strstr(err.text, "/nonexistent/file"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(strings_name_these_hosts, forget_environment),
		cmocka_unit_test_setup(
			the_environment_fills_in_what_the_string_leaves_out, forget_environment),
		cmocka_unit_test_setup(a_service_is_left_to_libpq, forget_environment),
		cmocka_unit_test_setup(silence_of_the_administrator_is_filled_with_our_defaults,
			forget_environment),
		cmocka_unit_test_setup(
			the_passwords_file_counts_where_the_string_has_none, forget_environment),
		cmocka_unit_test_setup(what_is_wrong_is_said, forget_environment),
		cmocka_unit_test(only_the_driver_is_taken_out_of_a_uri),
		cmocka_unit_test_setup(libpq_is_given_one_host_at_a_time, forget_environment),
		cmocka_unit_test(passwords_are_the_first_line_of_their_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
