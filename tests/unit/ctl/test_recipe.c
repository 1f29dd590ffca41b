/* What a verify file misses is found in the statements that made it, and made so that it may run again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "ctl/migrate/recipe.h"
#include "util/macros.h"

struct scenario {
	const char *name;
	const char *up, *repair, *later; /* later: the up file of the next step */
	const char *lines; /* of the verify file */
	const char *statements[5]; /* NULL ends */
	int found; /* of the lines */
	bool makes_tables;
};

#define TABLE                                                                                 \
	"create table if not exists recurd.t (\n"                                             \
	"  id bigint generated always as identity constraint pk_t primary key, -- ours; so\n" \
	"  \"userId\" text not null default ',)' constraint fk_u references \"user\" (id),\n" \
	"  n numeric(4, 2) not null default (1 + 2) check (n > 0),\n"                         \
	"  constraint uq_t unique (n, \"userId\"),\n"                                         \
	"  constraint ck_t check (n in (1, 2)) -- the last\n"                                 \
	");\n"

static const struct scenario scenarios[] = {
	{ "a column, with its constraint, without the comment behind it", TABLE, NULL, NULL,
		"column recurd.t.id is missing\nconstraint pk_t on recurd.t is missing",
		{ "alter table recurd.t add column if not exists id bigint generated always as "
		  "identity constraint pk_t primary key" },
		2, false },
	{ "a column's constraint alone", TABLE, NULL, NULL,
		"constraint fk_u on recurd.t is missing",
		{ "alter table recurd.t add constraint fk_u foreign key (\"userId\") references "
		  "\"user\" (id) not valid",
			"alter table recurd.t validate constraint fk_u" },
		1, false },
	{ "a column's key alone", TABLE, NULL, NULL, "constraint pk_t on recurd.t is missing",
		{ "create unique index concurrently pk_t on recurd.t (id)",
			"alter table recurd.t add constraint pk_t primary key using index pk_t" },
		1, false },
	{ "a key of two", TABLE, NULL, NULL, "constraint uq_t on recurd.t is missing",
		{ "create unique index concurrently uq_t on recurd.t (n, \"userId\")",
			"alter table recurd.t add constraint uq_t unique using index uq_t" },
		1, false },
	{ "the last constraint", TABLE, NULL, NULL, "constraint ck_t on recurd.t is missing",
		{ "alter table recurd.t add constraint ck_t check (n in (1, 2)) not valid",
			"alter table recurd.t validate constraint ck_t" },
		1, false },
	{ "what may not be null: the word outside of parentheses, whatever stands around it", TABLE,
		NULL, NULL,
		"column recurd.t.userId may be null\ncolumn recurd.t.n may be null\n"
		"column recurd.t.id may be null",
		{ "alter table recurd.t alter column \"userId\" set not null",
			"alter table recurd.t alter column n set not null" },
		2, false },
	{ "the row of a table", TABLE "insert into recurd.t default values;\n", NULL, NULL,
		"table recurd.t has no row", { "insert into recurd.t default values" }, 1, false },
	{ "a function that runs with other rights is made anew, as the latest step has it",
		"create function recurd.f() returns trigger security definer as $$a$$;\n", NULL,
		"create or replace function recurd.f() returns trigger security definer as "
		"$$b$$;\n",
		"function recurd.f() runs with its caller's rights, expected its owner's",
		{ "create or replace function recurd.f() returns trigger security definer as "
		  "$$b$$" },
		1, false },
	{ "a view that runs with other rights", "create view recurd.v as select 1;\n", NULL, NULL,
		"view recurd.v runs with its caller's rights, expected its owner's",
		{ "create or replace view recurd.v as select 1" }, 1, false },
	{ "defaults: a string with a comma, an expression; an identity is none", TABLE, NULL, NULL,
		"column recurd.t.userId has no default\ncolumn recurd.t.n has no default\n"
		"column recurd.t.id has no default",
		{ "alter table recurd.t alter column \"userId\" set default ',)'",
			"alter table recurd.t alter column n set default (1 + 2)" },
		2, false },
	{ "a default that was set later, of the column that is missed",
		"alter table t add column by text; alter table t alter column a set not null,"
		" alter column by\n set default coalesce(f(a, true), ''), alter b set default 1",
		NULL, NULL, "column t.by has no default\ncolumn t.a has no default",
		{ "alter table t alter column by set default coalesce(f(a, true), '')" }, 1,
		false },
	{ "of another table", TABLE, NULL, NULL, "column recurd.tt.id is missing", { NULL }, 0,
		false },
	{ "a type is not changed", TABLE, NULL, NULL, "column recurd.t.id is text, expected bigint",
		{ NULL }, 0, false },
	{ "a table is not made", TABLE, NULL, NULL, "table recurd.t is missing", { NULL }, 0,
		false },
	{ "a table is made where that is asked for, and its row",
		"create table t (a int);\ninsert into t default values; grant select on t to r",
		NULL, NULL, "table t is missing",
		{ "create table t (a int)", "insert into t default values",
			"grant select on t to r" },
		1, true },
	{ "a column among several, and what goes with it",
		"alter table t add column a text, -- why\n add column \"B\" int default 1, drop "
		"column c;"
		" alter table t add constraint fk foreign key (a) references u (id) not valid;"
		" grant select (a) on t to r",
		NULL, NULL, "column t.B is missing\nconstraint fk on t is missing",
		{ "alter table t add column if not exists \"B\" int default 1",
			"alter table t add constraint fk foreign key (a) references u (id) not "
			"valid",
			"alter table t validate constraint fk", "grant select (a) on t to r" },
		2, false },
	{ "a validation", "alter table t validate constraint fk", NULL, NULL,
		"constraint fk on t is missing", { "alter table t validate constraint fk" }, 1,
		false },
	{ "an index, concurrently though the step did not",
		"create unique index if not exists ux on recurd.t (a) where a > ';'", NULL, NULL,
		"index recurd.ux on recurd.t is missing",
		{ "create unique index concurrently ux on recurd.t (a) where a > ';'" }, 1, false },
	{ "an index that differs goes first", "create index concurrently ix on t (a)", NULL, NULL,
		"index ix on t is btree (b), expected btree (a)",
		{ "drop index concurrently ix", "create index concurrently ix on t (a)" }, 1,
		false },
	{ "an index of a name that begins so", "create index ix_2 on t (a)", NULL, NULL,
		"index ix on t is missing", { NULL }, 0, false },
	{ "function, trigger, view, and the function's rights",
		"create function f(a text, b int) returns int language sql return 1;"
		"create trigger g before insert on t execute function f(); create view v as select "
		"1;"
		"revoke all on function f(text, int) from public",
		NULL, NULL,
		"function f(text, integer) is missing\ntrigger g on t is missing or disabled\n"
		"view v is missing",
		{ "create or replace function f(a text, b int) returns int language sql return 1",
			"create or replace trigger g before insert on t execute function f()",
			"create or replace view v as select 1",
			"revoke all on function f(text, int) from public" },
		3, false },
	{ "the latest function counts", "create function f() returns int language sql return 1",
		NULL,
		"create trigger g before insert on t execute function f();"
		"do $$ begin execute 'create function f() returns int language sql return 2'; end "
		"$$",
		"function f() is missing",
		{ "do $$ begin execute 'create or replace function f() returns int language sql "
		  "return "
		  "2'; end $$" },
		1, false },
	{ "a block with what is missing in it",
		"do $$ begin alter table t add constraint c_2 check (a); end $$;"
		"do $$ begin alter table t add constraint c check (a); end $$",
		NULL, NULL, "constraint c on t is missing",
		{ "do $$ begin alter table t add constraint c check (a); end $$" }, 1, false },
	{ "the repair file goes before",
		"do $$ begin alter table t add constraint c check (a); end $$",
		"alter table t add constraint c check (a)", NULL, "constraint c on t is missing",
		{ "alter table t add constraint c check (a) not valid",
			"alter table t validate constraint c" },
		1, false },
	{ "rights as a whole, roles and blocks with them, nothing else",
		"do $$ begin create role r; end $$; do $$ begin execute 'grant usage'; end $$;"
		"create table t (a int); update t set a = 1; grant select on t to r;",
		NULL, NULL, "role r may not select t\nrole s is missing",
		{ "do $$ begin create role r; end $$", "do $$ begin execute 'grant usage'; end $$",
			"grant select on t to r" },
		2, false },
	{ "a default that came after its column, and not to the rows that were there",
		"alter table t add column a text; alter table t alter column a set default 'x';",
		NULL, NULL, "column t.a has no default",
		{ "alter table t alter column a set default 'x'" }, 1, false },
	{ "an identity that was dropped, by the block that brings it back", TABLE,
		"do $$ begin alter table recurd.t alter id add generated always as identity; end "
		"$$;",
		NULL, "column recurd.t.id has no sequence",
		{ "do $$ begin alter table recurd.t alter id add generated always as identity; end "
		  "$$" },
		1, false },
	{ "the path of functions, by the block that sets it, whichever they are",
		"do $$ begin execute 'alter routine f() set search_path = x'; end $$;"
		"do $$ begin execute 'create function f()'; end $$;",
		NULL, NULL, "functions f(), g(text) and 7 more run with the empty search_path",
		{ "do $$ begin execute 'alter routine f() set search_path = x'; end $$" }, 1,
		false },
	{ "lines that say nothing of the kind", TABLE, NULL, NULL,
		"\nindex\ncolumn\nfunction\ntrigger x\nconstraint a on\ntable\nview\ncolumn x is "
		"missing\n"
		"\"\nindex \" on t",
		{ NULL }, 0, false },
};

static size_t read_things(const char *lines, struct thing things[static 16])
{
	size_t n = 0;
	struct line line;
	while (n < 16 && lines_next(&lines, &line))
		thing_read(&line, &things[n++]);
	return n;
}

static void check(const struct scenario *scenario)
{
	struct migration steps[] = {
		{ .number = 1,
			.up = (char *)(uintptr_t)scenario->up,
			.repair = (char *)(uintptr_t)scenario->repair },
		{ .number = 2, .up = (char *)(uintptr_t)(scenario->later ? scenario->later : "") },
	};
	struct migration_set set = { .steps = steps, .n = 2 };
	struct thing things[16];
	struct recipes recipes CLEANUP(recipes_free) = { .n = 0 };
	size_t n = read_things(scenario->lines, things), expected = 0;
	int found = 0;
	recipes_collect(&set, &steps[0], 2, scenario->makes_tables, things, n, &recipes);
	while (expected < 5 && scenario->statements[expected])
		expected++;
	for (size_t i = 0; i < recipes.n && i < expected; i++)
		if (strcmp(recipes.rows[i].sql, scenario->statements[i]) != 0)
			fail_msg("%s: statement %zu is <%s>", scenario->name, i,
				recipes.rows[i].sql);
	if (recipes.n != expected)
		fail_msg("%s: %zu statements instead of %zu", scenario->name, recipes.n, expected);
	for (size_t i = 0; i < n; i++)
		found += things[i].found;
	if (found != scenario->found)
		fail_msg("%s: %d found", scenario->name, found);
}

static void made_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(scenarios); i++)
		check(&scenarios[i]);
}

/* A later step that is not applied has made nothing. */
static void only_up_to_the_level(void **state)
{
	(void)state;
	struct migration steps[] = {
		{ .number = 1, .up = (char *)(uintptr_t) "create view v as select 1" },
		{ .number = 2, .up = (char *)(uintptr_t) "create or replace view v as select 2" },
	};
	struct migration_set set = { .steps = steps, .n = 2 };
	static const char *const expected[] = { "create or replace view v as select 1",
		"create or replace view v as select 2" };
	for (int level = 1; level <= 2; level++) {
		struct thing things[16];
		struct recipes recipes CLEANUP(recipes_free) = { .n = 0 };
		size_t n = read_things("view v is missing", things);
		recipes_collect(&set, &steps[0], level, false, things, n, &recipes);
		assert_int_equal(recipes.n, 1);
		assert_string_equal(recipes.rows[0].sql, expected[level - 1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made_again),
		cmocka_unit_test(only_up_to_the_level),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
