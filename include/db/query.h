/* query: the SQL statements of daemon/sql/LAYER/, embedded at build, one enum value a file.
 *
 * daemon/sql/job/reminder_write.sql is QUERY_REMINDER_WRITE.  A file's leading "--" comment says caller,
 * parameters and the index it relies on.  "{template columns}" stands for what is in a file
 * template_columns.part, put there at build.  "{app}" stands for the quoted schema of the application's
 * tables and is filled in once, by queries_bind.  "{other TEXT}" makes two forms of a statement: the
 * other one has TEXT, the plain one nothing.  So a plain writing inserts without looking, and a row that
 * exists already is an error; the other, for careful batches, has ON CONFLICT (key) DO NOTHING, which looks
 * first and costs a twentieth of a batch.  (The key is always named: without one, what collides with
 * anything else would be lost without a word.)  And a claim begins with what is oldest, the other one with
 * what came due last.
 * Everything else is schema-qualified: search_path is the application's or a pooler's business, never ours.
 *
 * A line "-- Result: text timestamptz int8" says of what types the columns of its result are, which
 * shape.h holds against every result; a long one is several lines, and a part that is named there stands
 * for the part's.
 */
#pragma once

#include <stdbool.h>

#include "util/err.h"

enum query_id {
#define SQL(id, name, result, text) QUERY_##id,
#include "sql_text.inc" /* generated: SQL(ID, "name", "result", "text") per file */
#undef SQL
	QUERY_COUNT
};

/* app_schema is a checked identifier (conf.h).  May be called again with another schema. */
void queries_bind(const char *app_schema);
const char *query_text(enum query_id id, bool other); /* without two forms it is the same */
const char *query_result(enum query_id id); /* "text timestamptz int8" */
const char *query_name(enum query_id id); /* "reminder_write": for log lines */
/* "reminder_write_5c01fc9d": its name where it is prepared, another one for every other text. */
const char *query_prepared_name(enum query_id id, bool other);
