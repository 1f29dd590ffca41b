/* recipe_items: what stands between the commas of a CREATE TABLE or an ALTER TABLE. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "ctl/migrate/recipe.h"

enum item_kind {
	ITEM_COLUMN,
	ITEM_CONSTRAINT,
	ITEM_VALIDATION,
	ITEM_DROPPED,
	ITEM_DEFAULT, /* ALTER COLUMN ... SET DEFAULT; from the column's name on, as ITEM_COLUMN */
	ITEM_OTHER,
};

struct item {
	enum item_kind kind;
	const char *text; /* from the column's name, or the word CONSTRAINT, on; not ended by NUL */
	size_t len; /* without a comment behind it */
	char name
		[THING_NAME_MAX]; /* of the column or constraint, without quotes; ITEM_DROPPED: a column's */
	size_t name_len; /* with them, of a column */
};

/* *p: at an item, moves behind its comma; false: there is none before end or a closing parenthesis. */
bool item_next(const char **p, const char *end, struct item *ret_item);

struct item_constraint {
	char name[THING_NAME_MAX];
	char *body; /* as ALTER TABLE takes it, also where it stood beside a column; without NOT VALID */
	char *columns; /* of a key: "(a, b)"; NULL: is none */
	bool is_primary;
};

/* *p: into the item, from its text on. */
bool item_constraint_next(
	const struct item *item, const char **p, struct item_constraint *ret_constraint);
void item_constraint_free(struct item_constraint *constraint);
/* The expression behind DEFAULT; NULL: has none; free it. */
char *item_default(const struct item *item);
/* It says NOT NULL. */
bool item_not_null(const struct item *item);
/* A name with its schema; ret_name without quotes. */
void item_name(const char **p, char ret_name[static THING_NAME_MAX]);
