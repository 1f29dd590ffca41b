/* shape: whether a result is what its statement's file promises (query.h), before anybody reads it.
 *
 * An application's column may have become of another type since its statement was written, and a view or
 * a rule may stand where a table stood.  That is an error of the statement like any of the server's, of
 * SQLSTATE SHAPE_SQLSTATE, and for a person to mend.
 *
 * A promise is a word a column: bool int4 int8 float8 text timestamp timestamptz tid void.  "text" is
 * whatever travels as such (varchar, char, name), a|b is either.  Or it is one word: "none" for no rows, "any"
 * for what is not to be checked.  "cursor" before the words: they are those of the rows that are fetched.
 */
#pragma once

#include <libpq-fe.h>
#include <stdbool.h>

#include "db/query.h"

#define SHAPE_SQLSTATE "42804" /* datatype_mismatch */

/* result is a good one (PGRES_COMMAND_OK or PGRES_TUPLES_OK). */
bool shape_check(enum query_id id, const PGresult *result, struct err *err) NODISCARD;
/* The same against a promise that is no statement's. */
bool shape_match(const char *promise, const PGresult *result, struct err *err) NODISCARD;
