/* migration: the steps of the schema as files say them, NNNN_name.{up,down,verify,check,repair,down_check,convert}.sql.
 *
 * up, down: do and undo the step.  verify: a DO block that raises what is missing or differs, a line
 * each.  check, where a step has one: a DO block that raises what rows or catalog would make the up file
 * fail over, a line each; it must run on any database, whatever steps it has.
 *
 * down_check: as check, of the down file.
 *
 * repair, where a step has one: statements that make one of its objects each, for what stands in a DO block
 * of the up file; all others are found in the up file itself (recipe.h).
 *
 * convert: a DO block that raises shapes of tables that are known, and what brings them to the one expected
 * (conversion.h).
 *
 * They are embedded in the program; --dir reads a folder instead.  The leading comment of the up file
 * may say, a line each:
 *
 *	-- revision: ID		the same step in the application's Alembic chain
 *	-- adopts: EXPRESSION	SQL, true where the step's objects are there at least in part
 *	-- leave: EXPRESSION	SQL, true where the step is none of recurd's business in this database
 *	-- optional: NAME	applied only with --with NAME
 *
 * and that of the verify file (not of the up file, whose checksum is recorded):
 *
 *	-- needs: WORDS		TABLE: the up file alters it, so it must be one's own where it is there;
 *				TABLE:PRIVILEGE; CREATE: the right to create in the application's schema
 */
#pragma once

#include <stdbool.h>

#include "util/err.h"

#define CHECKSUM_TEXT_MAX 65 /* SHA-256 in hex */

struct migration {
	int number;
	char *name; /* "0006_add_priority_to_tasks" */
	char *up, *down, *verify; /* texts of the files */
	char *check, *repair, *down_check, *convert; /* NULL: has none */
	char *revision, *adopts, *leave, *optional, *needs; /* NULL: not said */
	char checksum[CHECKSUM_TEXT_MAX]; /* of the up file */
};

struct migration_set {
	struct migration *steps; /* by number */
	size_t n;
};

/* dir: NULL means the embedded files.  A step without its down or verify file is an error. */
bool migration_set_load(const char *dir, struct migration_set *ret_set, struct err *err) NODISCARD;
void migration_set_free(struct migration_set *set);
/* NULL: no step has this number. */
const struct migration *migration_find(const struct migration_set *set, int number);
/* The same of an optional one ("-- optional: NAME" in its head). */
const struct migration *migration_find_optional(const struct migration_set *set, const char *name);
int migration_last(const struct migration_set *set); /* 0: the set is empty */
