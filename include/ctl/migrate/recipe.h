/* recipe: how what a verify file misses is made again, out of the statements that made it.
 *
 * A line of a verify file names a thing ("index NAME on TABLE is missing").  The step's repair file, else
 * its up file, has the statement that made it, which is turned into one that may run on what is there:
 * CREATE OR REPLACE, indexes concurrently, constraints without a scan under the lock.  A column, or a
 * constraint, is taken out of its CREATE TABLE or ALTER TABLE.  Of a function that later steps made anew,
 * the latest one counts.  Grants come as a whole: all of the step, which may be given again; so does the block
 * that sets the search_path of functions ("functions NAMES run with ...").
 *
 * Pure: asks no database.  Statements of psql or bodies between BEGIN ATOMIC and END are not known, see
 * script.h.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "ctl/migrate/lines.h"
#include "ctl/migrate/migration.h"

#define THING_NAME_MAX 160

enum thing_kind {
	THING_NONE, /* nothing that could be made: a column of another type, say */
	THING_TABLE,
	THING_ROW, /* of the table that has this name: the one that its step put there */
	THING_COLUMN,
	THING_DEFAULT, /* of the column */
	THING_NOT_NULL, /* likewise */
	THING_NULLABLE, /* likewise: a column that has to take nulls */
	THING_INDEX,
	THING_CONSTRAINT,
	THING_FUNCTION, /* the name is without its parameters */
	THING_TRIGGER,
	THING_VIEW,
	THING_PATHS, /* of all functions: the search_path that they run with; has no name */
	THING_GRANT, /* any right, role or sequence */
};

struct thing {
	enum thing_kind kind;
	char name
		[THING_NAME_MAX]; /* without quotes; an index's with its schema where that is recurd */
	char table[THING_NAME_MAX]; /* likewise; "" where it has none */
	bool differs; /* something is there under the name, and is not it */
	bool found; /* there is a recipe */
};

void thing_read(const struct line *line, struct thing *ret_thing);

struct recipe {
	char *sql; /* one statement, without a semicolon */
	const char *file; /* where it is from: "up" or "repair" */
	int line; /* in that file */
	bool concurrent; /* runs in no transaction */
	char index
		[THING_NAME_MAX]; /* that it builds concurrently, as to_regclass takes it; else "" */
};

struct recipes {
	struct recipe *rows;
	size_t n;
};

/* In the order in which they must run.  level: later steps than this one do not count.  Sets found.
 * makes_tables: a table that is missing is made, empty, with the rows that its step put there; else it is
 * not found. */
void recipes_collect(const struct migration_set *set, const struct migration *step, int level,
	bool makes_tables, struct thing *things, size_t n, struct recipes *ret_recipes);
void recipes_free(struct recipes *recipes);
