/* recipe: see the header. */
#include "ctl/migrate/recipe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ctl/migrate/recipe_again.h"
#include "ctl/migrate/recipe_items.h"
#include "ctl/migrate/script.h"
#include "util/mem.h"
#include "util/strbuf.h"

/* One file of a step, statement by statement. */
struct kitchen {
	const struct migration_set *set;
	const struct migration *step;
	int level;
	bool makes_tables;
	const char *file;
	struct thing *things;
	bool *taken; /* by the repair file, which goes before the up file */
	size_t n;
	const struct statement *statement;
	struct recipes *out;
};

static struct recipe *add(struct kitchen *kitchen, char *sql)
{
	struct recipes *out = kitchen->out;
	out->rows = mem_realloc_array(out->rows, out->n + 1, sizeof(*out->rows));
	struct recipe *recipe = &out->rows[out->n++];
	*recipe = (struct recipe){
		.sql = sql, .file = kitchen->file, .line = kitchen->statement->line
	};
	return recipe;
}

static struct thing *find(
	struct kitchen *kitchen, enum thing_kind kind, const char *name, const char *table)
{
	for (size_t i = 0; i < kitchen->n; i++) {
		struct thing *thing = &kitchen->things[i];
		if (!kitchen->taken[i] && thing->kind == kind && strcmp(thing->name, name) == 0 &&
			(!table || strcmp(thing->table, table) == 0))
			return thing;
	}
	return NULL;
}

static bool is_of_schema_recurd(const char *table)
{
	return strncmp(table, "recurd.", 7) == 0;
}

/* ---- indexes ---- */

static void add_index(struct kitchen *kitchen, const char *name, char *sql)
{
	struct recipe *recipe = add(kitchen, sql);
	recipe->concurrent = true;
	snprintf(recipe->index, sizeof(recipe->index), "%s", name);
}

static struct thing *find_index(struct kitchen *kitchen, const char *name)
{
	char qualified[THING_NAME_MAX];
	snprintf(qualified, sizeof(qualified), "recurd.%.120s", name);
	struct thing *thing = find(kitchen, THING_INDEX, name, NULL);
	return thing ? thing : find(kitchen, THING_INDEX, qualified, NULL);
}

/* p: behind INDEX. */
static void take_index(struct kitchen *kitchen, const char *p, bool is_unique)
{
	char name[THING_NAME_MAX];
	const char *end = kitchen->statement->text + kitchen->statement->len;
	(void)script_take_word(&p, "concurrently");
	if (script_take_word(&p, "if"))
		(void)(script_take_word(&p, "not") && script_take_word(&p, "exists"));
	const char *start = p = script_skip_blank(p);
	item_name(&p, name);
	struct thing *thing = find_index(kitchen, name);
	if (!thing)
		return;
	thing->found = true;
	if (thing->differs)
		add(kitchen, mem_printf("drop index concurrently %s", thing->name))
			->concurrent = true;
	add_index(kitchen, thing->name,
		mem_printf("create %sindex concurrently %.*s", is_unique ? "unique " : "",
			(int)(end - start), start));
}

/* ---- columns and constraints, in CREATE TABLE and ALTER TABLE ---- */

/* The index first, without stopping writes; then the constraint takes it. */
static void add_key(struct kitchen *kitchen, const char *table, const struct item_constraint *key)
{
	char name[THING_NAME_MAX];
	snprintf(name, sizeof(name), "%s%.120s", is_of_schema_recurd(table) ? "recurd." : "",
		key->name);
	add_index(kitchen, name,
		mem_printf("create unique index concurrently %s on %s %s", key->name, table,
			key->columns));
	add(kitchen, mem_printf("alter table %s add constraint %s %s using index %s", table,
			     key->name, key->is_primary ? "primary key" : "unique", key->name));
}

static void take_constraint(struct kitchen *kitchen, const char *table_text, const char *table,
	const struct item_constraint *constraint)
{
	struct thing *thing = find(kitchen, THING_CONSTRAINT, constraint->name, table);
	if (!thing)
		return;
	thing->found = true;
	if (constraint->columns) {
		add_key(kitchen, table_text, constraint);
		return;
	}
	add(kitchen, mem_printf("alter table %s add constraint %s %s not valid", table_text,
			     constraint->name, constraint->body));
	add(kitchen,
		mem_printf("alter table %s validate constraint %s", table_text, constraint->name));
}

/* Also the one that was set after the column was there, so that rows of before have none. */
static void take_default(
	struct kitchen *kitchen, const char *table_text, const char *table, const struct item *item)
{
	char *value CLEANUP(mem_cleanup) = item_default(item);
	struct thing *missed = value ? find(kitchen, THING_DEFAULT, item->name, table) : NULL;
	if (!missed)
		return;
	missed->found = true;
	add(kitchen, mem_printf("alter table %s alter column %.*s set default %s", table_text,
			     (int)item->name_len, item->text, value));
}

static void take_column(
	struct kitchen *kitchen, const char *table_text, const char *table, const struct item *item)
{
	struct thing *thing = find(kitchen, THING_COLUMN, item->name, table);
	if (thing) {
		thing->found = true;
		add(kitchen, mem_printf("alter table %s add column if not exists %.*s", table_text,
				     (int)item->len, item->text));
	}
	take_default(kitchen, table_text, table, item);
	struct thing *loose = item_not_null(item) ? find(kitchen, THING_NOT_NULL, item->name, table)
						  : NULL;
	if (loose) {
		loose->found = true;
		add(kitchen, mem_printf("alter table %s alter column %.*s set not null", table_text,
				     (int)item->name_len, item->text));
	}
	struct item_constraint constraint;
	for (const char *p = item->text; item_constraint_next(item, &p, &constraint);) {
		/* A column that comes back brings its own. */
		struct thing *own = find(kitchen, THING_CONSTRAINT, constraint.name, table);
		if (thing && own)
			own->found = true;
		else
			take_constraint(kitchen, table_text, table, &constraint);
		item_constraint_free(&constraint);
	}
}

/* p: behind TABLE. */
static void take_items(struct kitchen *kitchen, const char *p)
{
	char table[THING_NAME_MAX];
	struct item item;
	const char *end = kitchen->statement->text + kitchen->statement->len;
	if (script_take_word(&p, "if"))
		(void)(script_take_word(&p, "not") && script_take_word(&p, "exists"));
	const char *start = p = script_skip_blank(p);
	item_name(&p, table);
	char *table_text CLEANUP(mem_cleanup) = mem_strndup(start, (size_t)(p - start));
	p = script_skip_blank(p);
	p += *p == '(';
	while (item_next(&p, end, &item)) {
		struct item_constraint constraint;
		if (item.kind == ITEM_COLUMN) {
			take_column(kitchen, table_text, table, &item);
		} else if (item.kind == ITEM_DEFAULT) {
			take_default(kitchen, table_text, table, &item);
		} else if (item.kind == ITEM_VALIDATION) {
			struct thing *thing = find(kitchen, THING_CONSTRAINT, item.name, table);
			if (thing && (thing->found = true))
				add(kitchen, mem_printf("alter table %s validate constraint %s",
						     table_text, item.name));
		} else if (item.kind == ITEM_CONSTRAINT) {
			const char *at = item.text;
			if (item_constraint_next(&item, &at, &constraint)) {
				take_constraint(kitchen, table_text, table, &constraint);
				item_constraint_free(&constraint);
			}
		}
	}
}

/* p: behind CREATE TABLE. */
static bool take_table(struct kitchen *kitchen, const char *p)
{
	char name[THING_NAME_MAX];
	if (script_take_word(&p, "if"))
		(void)(script_take_word(&p, "not") && script_take_word(&p, "exists"));
	p = script_skip_blank(p);
	item_name(&p, name);
	struct thing *thing = find(kitchen, THING_TABLE, name, NULL);
	if (!thing || !kitchen->makes_tables)
		return false;
	thing->found = true;
	add(kitchen, mem_strndup(kitchen->statement->text, kitchen->statement->len));
	return true;
}

/* ---- what CREATE OR REPLACE makes ---- */

static const char *const words[] = {
	[THING_TABLE] = "table",
	[THING_CONSTRAINT] = "constraint",
	[THING_FUNCTION] = "function",
	[THING_TRIGGER] = "trigger",
	[THING_VIEW] = "view",
	[THING_GRANT] = NULL,
};

static char *latest_of(const struct kitchen *kitchen, const char *word, const char *name)
{
	return again_latest(kitchen->set, kitchen->step, kitchen->level, word, name);
}

/* kind: FUNCTION, TRIGGER or VIEW; p: at that word. */
static void take_replaceable(struct kitchen *kitchen, enum thing_kind kind, const char *p)
{
	char name[THING_NAME_MAX];
	const char *start = p, *end = kitchen->statement->text + kitchen->statement->len;
	p = script_skip_blank(script_skip_token(p));
	item_name(&p, name);
	struct thing *thing = find(kitchen, kind, name, NULL);
	if (!thing)
		return;
	thing->found = true;
	char *latest = latest_of(kitchen, words[kind], name);
	add(kitchen,
		latest ? latest : mem_printf("create or replace %.*s", (int)(end - start), start));
}

/* Two functions may be made by one block. */
static void add_once(struct kitchen *kitchen, char *sql)
{
	for (size_t i = 0; i < kitchen->out->n; i++) {
		if (strcmp(kitchen->out->rows[i].sql, sql) == 0) {
			free(sql);
			return;
		}
	}
	add(kitchen, sql);
}

/* What it has made anew by itself is as old as it is. */
static void add_latest(struct kitchen *kitchen)
{
	char name[THING_NAME_MAX];
	const char *p = kitchen->statement->text;
	while (again_next_function(&p, kitchen->statement, name)) {
		char *latest = latest_of(kitchen, "function", name);
		if (latest)
			add_once(kitchen, latest);
	}
}

/* Once, though it may make several; and not at all where all that is wanted of it was made anew later. */
static void take_block(struct kitchen *kitchen)
{
	bool wanted = false, itself = false;
	for (size_t i = 0; i < kitchen->n; i++) {
		struct thing *thing = &kitchen->things[i];
		if (kitchen->taken[i] || !words[thing->kind] ||
			!again_says(kitchen->statement, words[thing->kind], thing->name) ||
			(thing->kind == THING_TABLE && !kitchen->makes_tables))
			continue;
		char *latest CLEANUP(
			mem_cleanup) = thing->kind == THING_FUNCTION
					       ? latest_of(kitchen, "function", thing->name)
					       : NULL;
		thing->found = wanted = true;
		itself |= !latest;
	}
	if (itself)
		add(kitchen, again_repeatable(kitchen->statement));
	if (wanted)
		add_latest(kitchen);
}

/* ---- statements ---- */

static void take_create(struct kitchen *kitchen, const char *p)
{
	if (script_take_word(&p, "or"))
		(void)script_take_word(&p, "replace");
	bool is_unique = script_take_word(&p, "unique");
	const char *word = script_skip_blank(p);
	if (script_take_word(&p, "index"))
		take_index(kitchen, p, is_unique);
	else if (script_take_word(&p, "function"))
		take_replaceable(kitchen, THING_FUNCTION, word);
	else if (script_take_word(&p, "trigger"))
		take_replaceable(kitchen, THING_TRIGGER, word);
	else if (script_take_word(&p, "view"))
		take_replaceable(kitchen, THING_VIEW, word);
	else if (script_take_word(&p, "table") && !take_table(kitchen, p))
		take_items(kitchen, p);
}

static bool has_word(const struct statement *statement, const char *word)
{
	return memmem(statement->text, statement->len, word, strlen(word)) != NULL;
}

/* Gives rights, or makes the roles, or an identity that is gone: it may run again. */
static bool is_grant(const struct statement *statement)
{
	const char *p = statement->text;
	if (script_take_word(&p, "grant") || script_take_word(&p, "revoke") ||
		script_take_word(&p, "comment"))
		return true;
	return script_take_word(&p, "do") && !has_word(statement, "create function") &&
	       (has_word(statement, "grant ") || has_word(statement, "create role") ||
		       has_word(statement, "add generated"));
}

/* What is made anew has lost its rights. */
static bool wants_grants(const struct kitchen *kitchen)
{
	for (size_t i = 0; i < kitchen->n; i++) {
		const struct thing *thing = &kitchen->things[i];
		if (thing->kind == THING_GRANT ||
			(thing->found &&
				(thing->kind == THING_TABLE || thing->kind == THING_COLUMN ||
					thing->kind == THING_FUNCTION ||
					thing->kind == THING_VIEW)))
			return true;
	}
	return false;
}

static bool makes_a_table(const struct kitchen *kitchen)
{
	for (size_t i = 0; i < kitchen->n; i++)
		if (kitchen->things[i].kind == THING_TABLE && kitchen->things[i].found)
			return true;
	return false;
}

static void take_grant(struct kitchen *kitchen)
{
	if (!wants_grants(kitchen))
		return;
	add(kitchen, mem_strndup(kitchen->statement->text, kitchen->statement->len));
	for (size_t i = 0; i < kitchen->n; i++)
		if (kitchen->things[i].kind == THING_GRANT)
			kitchen->things[i].found = true;
}

/* p: behind INSERT. */
static void take_insert(struct kitchen *kitchen, const char *p)
{
	char name[THING_NAME_MAX];
	(void)script_take_word(&p, "into");
	p = script_skip_blank(p);
	item_name(&p, name);
	struct thing *thing = find(kitchen, THING_ROW, name, NULL);
	if (!thing && !makes_a_table(kitchen))
		return;
	add(kitchen, mem_strndup(kitchen->statement->text, kitchen->statement->len));
	if (thing)
		thing->found = true;
}

/* ALTER TABLE ... DROP NOT NULL. */
static void take_nullable(struct kitchen *kitchen)
{
	for (size_t i = 0; i < kitchen->n; i++) {
		struct thing *thing = &kitchen->things[i];
		if (thing->kind != THING_NULLABLE ||
			!has_word(kitchen->statement, "drop not null") ||
			!has_word(kitchen->statement, thing->table) ||
			!has_word(kitchen->statement, thing->name))
			continue;
		add(kitchen, mem_strndup(kitchen->statement->text, kitchen->statement->len));
		thing->found = true;
	}
}

/* What other steps made anew has their search_path. */
static void take_paths(struct kitchen *kitchen)
{
	bool wanted = false;
	if (!has_word(kitchen->statement, "alter routine"))
		return;
	for (size_t i = 0; i < kitchen->n; i++)
		if (!kitchen->taken[i] && kitchen->things[i].kind == THING_PATHS)
			wanted = kitchen->things[i].found = true;
	if (wanted)
		add(kitchen, mem_strndup(kitchen->statement->text, kitchen->statement->len));
}

static void take_statement(struct kitchen *kitchen)
{
	const char *p = kitchen->statement->text;
	if (is_grant(kitchen->statement)) {
		take_grant(kitchen);
	} else if (script_take_word(&p, "create")) {
		take_create(kitchen, p);
	} else if (script_take_word(&p, "alter") && script_take_word(&p, "table")) {
		take_nullable(kitchen);
		take_items(kitchen, p);
	} else if (script_take_word(&p, "do")) {
		take_paths(kitchen);
		take_block(kitchen);
	} else if (script_take_word(&p, "insert")) {
		take_insert(kitchen, p);
	}
}

static void take_file(struct kitchen *kitchen, const char *file, const char *text)
{
	struct script script CLEANUP(script_free) = { .n = 0 };
	if (text)
		script_parse(text, &script);
	kitchen->file = file;
	for (size_t i = 0; i < script.n; i++) {
		kitchen->statement = &script.statements[i];
		take_statement(kitchen);
	}
	for (size_t i = 0; i < kitchen->n; i++)
		kitchen->taken[i] = kitchen->things[i].found &&
				    kitchen->things[i].kind != THING_GRANT;
}

void recipes_collect(const struct migration_set *set, const struct migration *step, int level,
	bool makes_tables, struct thing *things, size_t n, struct recipes *ret_recipes)
{
	struct recipes out = { .n = 0 };
	bool *taken = mem_alloc_array(n, sizeof(*taken));
	struct kitchen kitchen = { .set = set,
		.step = step,
		.level = level,
		.makes_tables = makes_tables,
		.things = things,
		.taken = taken,
		.n = n,
		.out = &out };
	take_file(&kitchen, "repair", step->repair);
	take_file(&kitchen, "up", step->up);
	free(taken);
	*ret_recipes = out;
}

void recipes_free(struct recipes *recipes)
{
	for (size_t i = 0; i < recipes->n; i++)
		free(recipes->rows[i].sql);
	free(recipes->rows);
	*recipes = (struct recipes){ .n = 0 };
}
