/* table: how recurctl prints a listing, for people or as JSON.
 *
 * Columns are declared once, with a stable name (the JSON key) and a heading.  Cells come in the order
 * of the columns, then table_end_row.  Text is aligned over the first TABLE_LOOKAHEAD rows and streams
 * from then on, so that a listing of millions of rows takes no more memory than one of hundreds; JSON
 * is one array, one row a line.
 *
 * Cells hold what users wrote: in text, control characters, characters that turn or hide the text
 * around them and bytes that are not UTF-8 are escaped, so that no title can move a cursor or forge a
 * row.  JSON escapes by its own rules; bytes that are not UTF-8 become U+FFFD there.
 */
#pragma once

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdio.h>

#include "util/macros.h"

#define TABLE_LOOKAHEAD 100
#define TABLE_CELL_MAX  60 /* columns of the screen; a longer text is cut and ends in "..." */
#define TABLE_ID_MAX    100 /* the same for ids, which people copy */

enum column_flags {
	COLUMN_RIGHT = 1 << 0, /* figures */
	COLUMN_JSON_ONLY = 1 << 1, /* too much for a screen */
	COLUMN_WHOLE = 1 << 2, /* never cut */
	COLUMN_SPAN = 1 << 3, /* table_cell: a bigint is microseconds */
	COLUMN_RAW = 1 << 4, /* table_cell: a text is JSON */
	COLUMN_ID = 1 << 5, /* cut at TABLE_ID_MAX only */
	COLUMN_LINES = 1 << 6, /* of a record: newlines are newlines; never for what users wrote */
};

struct column {
	const char *name;
	const char *heading;
	unsigned flags;
};

struct table;

/* columns must outlive the table. */
struct table *table_begin(FILE *out, bool json, const struct column *columns, size_t n);
/* One row, as "heading  value" lines or one JSON object: what `status` and `show` print. */
struct table *record_begin(FILE *out, bool json, const struct column *columns, size_t n);
/* A listing that belongs to a record whose own cells are complete: in JSON an array under `name`, in
 * text what follows under `heading`.  table_end it before the record. */
struct table *record_nest(struct table *record, const char *name, const char *heading,
	const struct column *columns, size_t n);

void table_text(struct table *table, const char *value); /* NULL: "-", JSON null */
void table_int(struct table *table, int64_t value);
void table_count(
	struct table *table, int64_t value, bool more); /* more: "1000+"; JSON: the figure */
void table_bool(struct table *table, bool value); /* yes, no */
void table_null(struct table *table);
void table_instant(struct table *table, usec_t value); /* RFC 3339 */
void table_wall(struct table *table, sec_t value); /* RFC 3339 without an offset */
void table_span(struct table *table, usec_t value); /* "3h 20min"; JSON: seconds */
void table_json(struct table *table, const char *value); /* JSON text as it stands */
/* The next cell from a result in binary format, by its type; table_row: a whole row of them;
 * table_rows: all rows. */
void table_cell(struct table *table, const PGresult *result, int row, int column);
void table_row(struct table *table, const PGresult *result, int row);
void table_rows(struct table *table, const PGresult *result);
void table_end_row(struct table *table);
/* Prints what is left and frees the table.  Without a row it prints "[]" or, as text, `empty`; NULL: the
 * listing broke off, nothing is said of what is not there. */
void table_end(struct table *table, const char *empty);
