/* Listings and records; see the header.
 *
 * A row's cells are kept as text (already escaped) or in a JSON object.  Text rows wait in `rows` until
 * TABLE_LOOKAHEAD of them have told how wide the columns must be.
 */
#include "ctl/table.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "db/rows.h"
#include "util/duration.h"
#include "util/mem.h"
#include "util/text.h"
#include "util/timefmt.h"

/* As many as a double holds for certain: 0.1 stays 0.1. */
#define REAL_DIGITS JSON_REAL_PRECISION(15)

struct cell {
	char *text;
	size_t width;
};

struct table {
	FILE *out;
	bool json, record;
	const struct column *columns;
	size_t n, column;
	size_t waiting; /* rows in cells */
	bool streaming; /* the heading is out, widths stand */
	uint64_t rows;
	size_t *widths; /* n; a record has one, that of its headings */
	struct cell *cells; /* TABLE_LOOKAHEAD rows of n */
	json_t *object; /* the row, or the record */
	json_t *array; /* nested: rows go here */
};

static struct table *create(FILE *out, bool json, const struct column *columns, size_t n)
{
	struct table *table = mem_alloc(sizeof(*table));
	*table = (struct table){ .out = out, .json = json, .columns = columns, .n = n };
	table->widths = mem_alloc_array(n, sizeof(size_t));
	table->cells = mem_alloc_array(TABLE_LOOKAHEAD * n, sizeof(struct cell));
	if (json)
		table->object = json_object();
	return table;
}

struct table *table_begin(FILE *out, bool json, const struct column *columns, size_t n)
{
	struct table *table = create(out, json, columns, n);
	for (size_t i = 0; i < n; i++)
		table->widths[i] = strlen(columns[i].heading);
	return table;
}

struct table *record_begin(FILE *out, bool json, const struct column *columns, size_t n)
{
	struct table *table = create(out, json, columns, n);
	table->record = true;
	for (size_t i = 0; i < n; i++)
		if (!(columns[i].flags & COLUMN_JSON_ONLY) &&
			strlen(columns[i].heading) > table->widths[0])
			table->widths[0] = strlen(columns[i].heading);
	return table;
}

struct table *record_nest(struct table *record, const char *name, const char *heading,
	const struct column *columns, size_t n)
{
	struct table *table = table_begin(record->out, record->json, columns, n);
	if (record->json) {
		table->array = json_array();
		json_object_set(record->object, name, table->array);
	} else {
		fprintf(record->out, "\n%s\n", heading);
	}
	return table;
}

static const struct column *current(const struct table *table)
{
	if (table->column >= table->n)
		mem_abort("a row has more cells than the %zu columns of its table", table->n);
	return &table->columns[table->column];
}

static void put_json(struct table *table, json_t *value)
{
	json_object_set_new(table->object, current(table)->name, value ? value : json_null());
	table->column++;
}

/* Each line escaped, the next ones below the first. */
static void add_lines(const struct table *table, struct strbuf *text, const char *value)
{
	for (;;) {
		size_t len = strcspn(value, "\n");
		char *line CLEANUP(mem_cleanup) = mem_strndup(value, len);
		(void)text_add_terminal(text, line, 0);
		if (!value[len])
			return;
		strbuf_addf(text, "\n%*s", (int)table->widths[0] + 2, "");
		value += len + 1;
	}
}

static void put_text(struct table *table, const char *value)
{
	struct strbuf text;
	unsigned flags = current(table)->flags;
	bool whole = flags & COLUMN_WHOLE || table->record;
	size_t room = whole ? 0 : flags & COLUMN_ID ? TABLE_ID_MAX : TABLE_CELL_MAX;
	strbuf_init(&text, SIZE_MAX);
	size_t width = 0;
	if (flags & COLUMN_LINES)
		add_lines(table, &text, value);
	else
		width = text_add_terminal(&text, value, room);
	table->cells[table->waiting * table->n + table->column++] = (struct cell){
		strbuf_steal(&text), width
	};
}

/* Not for people: nothing is prepared for the screen. */
static bool skipped(struct table *table)
{
	if (table->json || !(current(table)->flags & COLUMN_JSON_ONLY))
		return false;
	table->column++;
	return true;
}

void table_null(struct table *table)
{
	if (skipped(table))
		return;
	if (table->json)
		put_json(table, json_null());
	else
		put_text(table, "-");
}

void table_text(struct table *table, const char *value)
{
	if (!value) {
		table_null(table);
	} else if (table->json) {
		struct strbuf valid CLEANUP(strbuf_free);
		strbuf_init(&valid, SIZE_MAX);
		if (current(table)->flags & COLUMN_ID)
			text_add_id(&valid, value);
		else
			text_add_repaired(&valid, value);
		put_json(table, json_string(valid.data));
	} else if (!skipped(table)) {
		put_text(table, value);
	}
}

void table_int(struct table *table, int64_t value)
{
	char text[24];
	(void)snprintf(text, sizeof(text), "%lld", (long long)value);
	if (table->json)
		put_json(table, json_integer(value));
	else
		table_text(table, text);
}

void table_count(struct table *table, int64_t value, bool more)
{
	char text[24];
	if (!more || table->json) {
		table_int(table, value);
		return;
	}
	(void)snprintf(text, sizeof(text), "%lld+", (long long)value);
	table_text(table, text);
}

void table_bool(struct table *table, bool value)
{
	if (table->json)
		put_json(table, json_boolean(value));
	else
		table_text(table, value ? "yes" : "no");
}

void table_instant(struct table *table, usec_t value)
{
	char text[INSTANT_TEXT_MAX];
	table_text(table, instant_format(value, text));
}

void table_wall(struct table *table, sec_t value)
{
	char text[INSTANT_TEXT_MAX];
	table_text(table, wall_format(value, text));
}

void table_span(struct table *table, usec_t value)
{
	if (table->json) {
		put_json(table, json_real((double)value / (double)USEC_PER_SEC));
		return;
	}
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	duration_tell(value, &text);
	table_text(table, text.data);
}

void table_json(struct table *table, const char *value)
{
	json_t *parsed = NULL;
	if (table->json && value)
		parsed = json_loads(value, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	/* What jansson cannot hold (a number of 400 digits) is still shown, as a string. */
	if (parsed)
		put_json(table, parsed);
	else
		table_text(table, value);
}

/* From PostgreSQL's own microseconds since 2000: its last years lie beyond what usec_t holds. */
static void put_postgres(struct table *table, int64_t value, const char *zone)
{
	char text[INSTANT_TEXT_MAX];
	size_t len;
	if (value == USEC_INFINITY || value == USEC_MINUS_INFINITY) {
		table_text(table, instant_format(value, text));
		return;
	}
	sec_t sec = sec_from_usec(value);
	int fraction = (int)(value - sec * USEC_PER_SEC);
	wall_format(sec + POSTGRES_EPOCH / USEC_PER_SEC, text);
	len = strlen(text);
	if (fraction != 0)
		snprintf(text + len, sizeof(text) - len, ".%06d%s", fraction, zone);
	else
		snprintf(text + len, sizeof(text) - len, "%s", zone);
	table_text(table, text);
}

void table_cell(struct table *table, const PGresult *result, int row, int column)
{
	enum { BOOL = 16, INT8 = 20, INT4 = 23, TIMESTAMP = 1114, TIMESTAMPTZ = 1184 };
	unsigned flags = current(table)->flags;
	if (row_is_null(result, row, column)) {
		table_null(table);
		return;
	}
	switch (PQftype(result, column)) {
	case BOOL:
		table_bool(table, row_bool(result, row, column));
		break;
	case INT4:
		table_int(table, row_int4(result, row, column));
		break;
	case INT8:
		(flags & COLUMN_SPAN ? table_span : table_int)(
			table, row_int8(result, row, column));
		break;
	case TIMESTAMP:
		put_postgres(table, row_int8(result, row, column), "");
		break;
	case TIMESTAMPTZ:
		put_postgres(table, row_int8(result, row, column), "Z");
		break;
	default:
		(flags & COLUMN_RAW ? table_json : table_text)(
			table, row_text(result, row, column));
	}
}

void table_row(struct table *table, const PGresult *result, int row)
{
	for (size_t i = 0; i < table->n; i++)
		table_cell(table, result, row, (int)i);
	table_end_row(table);
}

void table_rows(struct table *table, const PGresult *result)
{
	for (int row = 0; row < PQntuples(result); row++)
		table_row(table, result, row);
}

static void print_cell(
	const struct table *table, size_t column, const char *text, size_t width, bool last)
{
	size_t gap = table->widths[column] > width ? table->widths[column] - width : 0;
	if (table->columns[column].flags & COLUMN_RIGHT)
		fprintf(table->out, "%*s%s", (int)gap, "", text);
	else
		fprintf(table->out, "%s%*s", text, last ? 0 : (int)gap, "");
	fputs(last ? "\n" : "  ", table->out);
}

static size_t last_column(const struct table *table)
{
	size_t last = table->n - 1;
	while (last > 0 && table->columns[last].flags & COLUMN_JSON_ONLY)
		last--;
	return last;
}

static void print_waiting(struct table *table)
{
	size_t last = last_column(table);
	for (size_t i = 0; !table->streaming && i <= last; i++)
		if (!(table->columns[i].flags & COLUMN_JSON_ONLY))
			print_cell(table, i, table->columns[i].heading,
				strlen(table->columns[i].heading), i == last);
	table->streaming = true;
	for (size_t row = 0; row < table->waiting; row++) {
		for (size_t i = 0; i < table->n; i++) {
			struct cell *cell = &table->cells[row * table->n + i];
			if (cell->text)
				print_cell(table, i, cell->text, cell->width, i == last);
			free(cell->text);
			*cell = (struct cell){ NULL, 0 };
		}
	}
	table->waiting = 0;
}

static void end_text_row(struct table *table)
{
	struct cell *row = &table->cells[table->waiting++ * table->n];
	for (size_t i = 0; i < table->n && !table->streaming; i++)
		if (row[i].width > table->widths[i])
			table->widths[i] = row[i].width;
	if (table->streaming || table->waiting == TABLE_LOOKAHEAD)
		print_waiting(table);
}

static void end_json_row(struct table *table)
{
	if (table->array) {
		json_array_append_new(table->array, table->object);
	} else {
		fputs(table->rows == 0 ? "[\n" : ",\n", table->out);
		(void)json_dumpf(table->object, table->out, JSON_COMPACT | REAL_DIGITS);
		json_decref(table->object);
	}
	table->object = json_object();
}

static void print_record(struct table *table)
{
	for (size_t i = 0; i < table->n; i++) {
		if (!table->cells[i].text)
			continue;
		fprintf(table->out, "%-*s  %s\n", (int)table->widths[0], table->columns[i].heading,
			table->cells[i].text);
		free(table->cells[i].text);
		table->cells[i].text = NULL;
	}
}

void table_end_row(struct table *table)
{
	table->column = 0;
	if (table->json && !table->record)
		end_json_row(table);
	else if (!table->json && table->record)
		print_record(table);
	else if (!table->json)
		end_text_row(table);
	table->rows++;
}

static void end_output(struct table *table, const char *empty)
{
	if (table->record && table->json) {
		(void)json_dumpf(table->object, table->out, JSON_INDENT(2) | REAL_DIGITS);
		fputc('\n', table->out);
	} else if (table->record || table->array) {
		return; /* printed, or the record's */
	} else if (table->rows == 0 && !empty) {
		return;
	} else if (table->json) {
		fputs(table->rows == 0 ? "[]\n" : "\n]\n", table->out);
	} else if (table->rows == 0) {
		fprintf(table->out, "%s\n", empty);
	} else {
		print_waiting(table);
	}
}

void table_end(struct table *table, const char *empty)
{
	end_output(table, empty);
	for (size_t i = 0; i < TABLE_LOOKAHEAD * table->n; i++)
		free(table->cells[i].text);
	json_decref(table->object);
	json_decref(table->array);
	free(table->cells);
	free(table->widths);
	free(table);
}
