/* SQL taken apart into statements: what a semicolon ends, and what it does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "ctl/migrate/migration.h"
#include "ctl/migrate/script.h"

struct scenario {
	const char *name, *text;
	const char *statements[4]; /* as they should come out; NULL ends */
	int lines[4];
	const char *index; /* of the first one */
};

static const struct scenario scenarios[] = {
	{ "nothing", "", { NULL }, { 0 }, "" },
	{ "comments only", "-- a; b\n/* c; /* d; */ e; */\n", { NULL }, { 0 }, "" },
	{ "empty statements", ";;\n;", { NULL }, { 0 }, "" },
	{ "two, and the line of each", "-- head\n\nselect 1;\n\n  select\n 2 ;\n",
		{ "select 1", "select\n 2" }, { 3, 5 }, "" },
	{ "without a final semicolon", "select 1", { "select 1" }, { 1 }, "" },
	{ "string", "select ';', 'it''s;', 1", { "select ';', 'it''s;', 1" }, { 1 }, "" },
	{ "escapes", "select E'\\';', e'\\\\'; select 2", { "select E'\\';', e'\\\\'", "select 2" },
		{ 1, 1 }, "" },
	{ "a backslash in a plain string escapes nothing", "select '\\'; select 2",
		{ "select '\\'", "select 2" }, { 1, 1 }, "" },
	{ "names", "select \";\"\"\" from t; select 2", { "select \";\"\"\" from t", "select 2" },
		{ 1, 1 }, "" },
	{ "dollar quote", "do $$ begin a; b; end $$; select 2",
		{ "do $$ begin a; b; end $$", "select 2" }, { 1, 1 }, "" },
	{ "nested dollar quotes", "do $x$ a; $$ b; $$; $y$ $x$; select 2",
		{ "do $x$ a; $$ b; $$; $y$ $x$", "select 2" }, { 1, 1 }, "" },
	{ "parameters are no quotes", "select $1; select $2$", { "select $1", "select $2$" },
		{ 1, 1 }, "" },
	{ "a name with a dollar", "select a$b; select c$b", { "select a$b", "select c$b" },
		{ 1, 1 }, "" },
	{ "comment in a statement", "select 1 -- one; two\n + 2; select 3",
		{ "select 1 -- one; two\n + 2", "select 3" }, { 1, 2 }, "" },
	{ "unfinished string", "select 'a; b", { "select 'a; b" }, { 1 }, "" },
	{ "unfinished dollar quote", "do $$ a; b", { "do $$ a; b" }, { 1 }, "" },
	{ "unfinished comment", "select 1 /* a; b", { "select 1 /* a; b" }, { 1 }, "" },
	{ "index", "create index concurrently ix on t (a)",
		{ "create index concurrently ix on t (a)" }, { 1 }, "ix" },
	{ "unique index", "CREATE UNIQUE\n INDEX -- why\n Concurrently if not exists ux_1 on t (a)",
		{ "CREATE UNIQUE\n INDEX -- why\n Concurrently if not exists ux_1 on t (a)" },
		{ 1 }, "ux_1" },
	{ "index in a transaction", "create index ix on t (a)", { "create index ix on t (a)" },
		{ 1 }, "" },
	{ "a word that only begins so", "create index concurrently_x on t (a)",
		{ "create index concurrently_x on t (a)" }, { 1 }, "" },
};

static void taken_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(scenarios); i++) {
		const struct scenario *scenario = &scenarios[i];
		struct script script;
		size_t expected = 0;
		while (expected < 4 && scenario->statements[expected])
			expected++;
		script_parse(scenario->text, &script);
		if (script.n != expected)
			fail_msg("%s: %zu statements instead of %zu", scenario->name, script.n,
				expected);
		for (size_t k = 0; k < expected; k++) {
			const struct statement *got = &script.statements[k];
			if (got->len != strlen(scenario->statements[k]) ||
				memcmp(got->text, scenario->statements[k], got->len) != 0)
				fail_msg("%s: statement %zu is <%.*s>", scenario->name, k,
					(int)got->len, got->text);
			if (got->line != scenario->lines[k])
				fail_msg("%s: statement %zu is in line %d", scenario->name, k,
					got->line);
		}
		if (expected > 0)
			assert_string_equal(script.statements[0].concurrent_index, scenario->index);
		assert_int_equal(
			script_has_concurrent(&script), expected > 0 && scenario->index[0] != '\0');
		script_free(&script);
	}
}

static void long_index_name(void **state)
{
	(void)state;
	char text[256];
	struct script script;
	snprintf(text, sizeof(text), "create index concurrently %0100d on t (a)", 7);
	script_parse(text, &script);
	assert_int_equal(strlen(script.statements[0].concurrent_index), SCRIPT_NAME_MAX - 1);
	script_free(&script);
}

static void embedded_set(void **state)
{
	(void)state;
	struct migration_set set;
	struct err err;
	assert_true(migration_set_load(NULL, &set, &err));
	const struct migration *step = migration_find(&set, 6);
	assert_non_null(step);
	assert_string_equal(step->name, "0006_add_priority_to_tasks");
	assert_string_equal(step->revision, "20250131_add_priority_to_tasks");
	assert_non_null(step->adopts);
	assert_null(step->optional);
	assert_int_equal(strlen(step->checksum), 64);
	for (size_t i = 0; i < set.n; i++) {
		/* Each application step knows its revision and how to be recognised; ours have neither. */
		assert_int_equal(set.steps[i].revision != NULL, set.steps[i].number <= 11);
		assert_int_equal(set.steps[i].adopts != NULL, set.steps[i].number <= 11);
		assert_true(i == 0 || set.steps[i].number > set.steps[i - 1].number);
	}
	assert_null(migration_find(&set, 9999));
	assert_int_equal(migration_last(&set), set.steps[set.n - 1].number);
	migration_set_free(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(taken_apart),
		cmocka_unit_test(long_index_name),
		cmocka_unit_test(embedded_set),
	};
	return cmocka_run_group_tests_name("script", tests, NULL, NULL);
}
