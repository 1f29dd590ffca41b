/* What waits, and why; see the header. */
#include "ctl/cmd/causes.h"

#include <inttypes.h>
#include <string.h>

#include "db/rows.h"
#include "util/timefmt.h"

/* Columns of ctl_causes.sql. */
enum { C_KIND, C_CAUSE, C_WHY, C_ROWS, C_SINCE, C_NEXT_TRY, C_REASON, C_ALARMS, C_MORE };

#define CAUSES_MAX 200 /* as the statement has it: of more, rows are not known */

static const char *what_waits(const PGresult *causes, int row)
{
	const char *kind = row_text(causes, row, C_KIND);
	if (strcmp(kind, "generate") == 0 || strcmp(kind, "policed") == 0 ||
		strcmp(kind, "replan") == 0)
		return "template";
	return strcmp(kind, "repeat") == 0 ? "completed task" : "reminder";
}

static bool is_of_templates(const PGresult *causes, int row)
{
	return strcmp(what_waits(causes, row), "template") == 0;
}

int64_t causes_count(const PGresult *causes, bool of_templates, bool *ret_more)
{
	int64_t count = 0;
	*ret_more = PQntuples(causes) >= CAUSES_MAX;
	for (int row = 0; row < PQntuples(causes); row++) {
		if (is_of_templates(causes, row) == of_templates)
			count += row_int8(causes, row, C_ROWS);
		/* What was not counted may be of either. */
		*ret_more = *ret_more || row_bool(causes, row, C_MORE);
	}
	return count;
}

static const struct column columns[] = {
	{ "kind", "KIND", 0 },
	{ "cause", "CAUSE", 0 },
	{ "why", "WHY", 0 },
	{ "rows", "ROWS", COLUMN_RIGHT },
	{ "since", "SINCE", 0 },
	{ "next_try_at", "NEXT TRY", 0 },
	{ "reason", "REASON", 0 },
	{ "rows_capped", "", COLUMN_JSON_ONLY },
};

struct table *causes_table(FILE *out, bool json)
{
	return table_begin(out, json, columns, ARRAY_LEN(columns));
}

void causes_rows(struct table *table, const PGresult *causes)
{
	for (int row = 0; row < PQntuples(causes); row++) {
		for (int column = C_KIND; column <= C_REASON; column++)
			if (column == C_ROWS)
				table_count(table, row_int8(causes, row, C_ROWS),
					row_bool(causes, row, C_MORE));
			else
				table_cell(table, causes, row, column);
		table_bool(table, row_bool(causes, row, C_MORE));
		table_end_row(table);
	}
}

void causes_print(const PGresult *causes, struct table *record, bool json)
{
	if (!json && PQntuples(causes) == 0)
		return;
	struct table *table = record_nest(
		record, "causes", "what waits", columns, ARRAY_LEN(columns));
	causes_rows(table, causes);
	table_end(table, "nothing");
}

/* "400 templates are refused by one cause: 23514 constraint ck_x" */
static void tell_what(const PGresult *causes, int row, struct strbuf *text)
{
	int64_t n = row_int8(causes, row, C_ROWS);
	const char *what = what_waits(causes, row);
	strbuf_addf(text, "%" PRId64 "%s %s%s", n, row_bool(causes, row, C_MORE) ? "+" : "", what,
		n == 1 ? "" : "s");
	if (strcmp(row_text(causes, row, C_WHY), "killing") == 0)
		strbuf_addf(text, " end%s the session that tries %s", n == 1 ? "s" : "",
			n == 1 ? "it" : "them");
	else
		strbuf_addf(text, " %s refused%s: %s", n == 1 ? "is" : "are",
			n == 1 ? "" : " by one cause", row_text(causes, row, C_CAUSE));
}

/* To the second, as people want it. */
static const char *format(
	const PGresult *causes, int row, int column, char text[static INSTANT_TEXT_MAX])
{
	usec_t value = row_instant(causes, row, column);
	if (row_is_null(causes, row, column))
		return "soon"; /* until a worker has counted it */
	if (value == USEC_INFINITY || value == USEC_MINUS_INFINITY)
		return instant_format(value, text);
	return instant_format(sec_from_usec(value) * USEC_PER_SEC, text);
}

static void tell(const PGresult *causes, int row, struct strbuf *text)
{
	char since[INSTANT_TEXT_MAX], next_try[INSTANT_TEXT_MAX];
	tell_what(causes, row, text);
	strbuf_addf(text, " (since %s, next try %s)", format(causes, row, C_SINCE, since),
		format(causes, row, C_NEXT_TRY, next_try));
}

void causes_tell_greatest(const PGresult *causes, struct strbuf *text)
{
	int alarms = 0;
	for (int row = 0; row < PQntuples(causes); row++)
		if (row_bool(causes, row, C_ALARMS) && alarms++ == 0)
			tell(causes, row, text);
	if (alarms > 1)
		strbuf_addf(text, " and %d other cause%s", alarms - 1, alarms == 2 ? "" : "s");
}
