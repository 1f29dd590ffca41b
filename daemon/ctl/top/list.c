/* Rows of a screen; see the header. */
#include "ctl/top/list.h"

#include <stdlib.h>
#include <string.h>

#include "db/rows.h"
#include "util/mem.h"

static const struct top_column upcoming_columns[] = { { "AT", 16, 0, false }, { "IN", 9, 0, true },
	{ "WHAT", 10, 90, false }, { "USER", 12, 80, false }, { "TITLE / ID", 0, 0, false },
	{ "RULE", 36, 120, false } };
static const struct top_column quarantine_columns[] = { { "SINCE", 9, 0, true },
	{ "USER", 12, 80, false }, { "TITLE / ID", 24, 0, false }, { "REASON", 0, 0, false } };
static const struct top_column decision_columns[] = { { "AT", 16, 0, false },
	{ "KIND", 11, 0, false }, { "TEMPLATE", 24, 80, false }, { "WHY", 0, 0, false } };
static const struct top_column worker_columns[] = { { "WORKER", 0, 0, false },
	{ "STATE", 8, 0, false }, { "SEEN", 9, 0, true }, { "LATE P99", 9, 70, true },
	{ "MADE", 11, 0, true }, { "TOLD", 11, 0, true }, { "QUARANTINED", 11, 80, true },
	{ "VERSION", 24, 100, false } };
static const struct top_column wait_columns[] = { { "WORK", 10, 0, false }, { "ROWS", 7, 0, true },
	{ "FOR", 9, 0, true }, { "NEXT TRY", 9, 70, true }, { "CAUSE", 24, 90, false },
	{ "REASON", 0, 0, false } };

static const char *keep(struct top_data *data, const char *text)
{
	return texts_keep(&data->texts, mem_strdup(text));
}

static const char *at(struct top_data *data, usec_t instant)
{
	char text[SHOW_TEXT_MAX];
	return keep(data, show_instant(&data->standing.face, instant, text));
}

static const char *distance(struct top_data *data, usec_t instant)
{
	char text[SHOW_TEXT_MAX];
	return keep(data, show_distance(&data->standing.face, instant, text));
}

static const char *count(struct top_data *data, int64_t n, bool more)
{
	char text[SHOW_TEXT_MAX];
	return keep(data, show_count(n, more, text));
}

static usec_t instant(const PGresult *result, int row, int column)
{
	return row_is_null(result, row, column) ? INSTANT_NONE : row_instant(result, row, column);
}

static const char *or_else(const char *text, const char *otherwise)
{
	return text && *text ? text : otherwise ? otherwise : "-";
}

/* ---- the screens ---- */

static void list_upcoming(struct top_data *data, struct top_list *list)
{
	size_t n;
	usec_t now = data->standing.face.now;
	struct upcoming_row *rows CLEANUP(mem_cleanup) = NULL;
	rows = read_upcoming(data->rows, &data->texts, true, &n);
	for (size_t i = 0; i < n; i++) {
		struct strbuf words CLEANUP(strbuf_free) = STRBUF(4096);
		const struct upcoming_row *row = &rows[i];
		if (data->screen == TOP_LATE && row->at > now)
			break;
		if (!row->reminder)
			rule_words(row->rule, row->starts, &words);
		list->items[list->n++] = (struct top_item){ row->template,
			{ at(data, row->at), distance(data, row->at),
				row->reminder ? "reminder" : "occurrence", or_else(row->user, NULL),
				or_else(row->title, row->template ? row->template : row->task),
				keep(data, words.data) },
			row->at < now - NOW_LATE };
	}
}

static void list_quarantine(struct top_data *data, struct top_list *list)
{
	size_t n;
	struct quarantine_row *rows CLEANUP(mem_cleanup) = NULL;
	rows = read_quarantine(data->rows, &data->texts, true, &n);
	for (size_t i = 0; i < n; i++)
		list->items[list->n++] = (struct top_item){ rows[i].template,
			{ distance(data, rows[i].failed_at), or_else(rows[i].user, NULL),
				or_else(rows[i].title, rows[i].template),
				or_else(rows[i].failure, NULL) },
			true };
}

static void list_decisions(struct top_data *data, struct top_list *list)
{
	size_t n;
	struct decision_row *rows CLEANUP(mem_cleanup) = NULL;
	rows = read_decisions(data->rows, &data->texts, &n);
	for (size_t i = 0; i < n; i++) {
		struct strbuf why CLEANUP(strbuf_free) = STRBUF(4096);
		const struct decision_row *row = &rows[i];
		strbuf_add_text(&why, decision_words(row->kind));
		if (row->n > 1)
			strbuf_addf(&why, "; %s occurrences", count(data, row->n, false));
		if (row->first != INSTANT_NONE)
			strbuf_addf(&why, ": %s", at(data, row->first));
		if (row->detail && *row->detail)
			strbuf_addf(&why, " (%s)", row->detail);
		if (row->by && *row->by)
			strbuf_addf(&why, " by %s", row->by);
		list->items[list->n++] = (struct top_item){ row->template,
			{ at(data, row->at), row->kind, or_else(row->template, NULL),
				keep(data, why.data) },
			strcmp(row->kind, "quarantined") == 0 };
	}
}

static const char *late(struct top_data *data, const PGresult *rows, int row)
{
	char text[SHOW_TEXT_MAX];
	usec_t late = row_is_null(rows, row, 11) ? -1 : row_int8(rows, row, 11);
	return late < 0 ? "" : late == INT64_MAX ? "> 1 h" : keep(data, show_span(late, text));
}

static void list_workers(struct top_data *data, struct top_list *list)
{
	const PGresult *rows = data->rows;
	for (int i = 0; i < PQntuples(rows); i++) {
		const char *state = texts_cell(&data->texts, rows, i, 1);
		list->items[list->n++] = (struct top_item){ NULL,
			{ or_else(texts_cell(&data->texts, rows, i, 0), NULL), or_else(state, NULL),
				distance(data, instant(rows, i, 7)), late(data, rows, i),
				count(data, row_int8(rows, i, 8), false),
				count(data, row_int8(rows, i, 9), false),
				count(data, row_int8(rows, i, 10), false),
				or_else(texts_cell(&data->texts, rows, i, 3), NULL) },
			state && strcmp(state, "dead") == 0 };
	}
}

static void list_waits(struct top_data *data, struct top_list *list)
{
	const PGresult *rows = data->rows;
	for (int i = 0; i < PQntuples(rows) && i < TOP_ROWS; i++)
		list->items[list->n++] = (struct top_item){ NULL,
			{ or_else(texts_cell(&data->texts, rows, i, 0), NULL),
				count(data, row_int8(rows, i, 3), row_bool(rows, i, 8)),
				distance(data, instant(rows, i, 4)),
				distance(data, instant(rows, i, 5)),
				or_else(texts_cell(&data->texts, rows, i, 1), NULL),
				or_else(texts_cell(&data->texts, rows, i, 6), NULL) },
			row_bool(rows, i, 7) };
}

/* ---- all of them ---- */

static bool has(const struct top_item *item, const char *filter)
{
	if (item->template && strcasestr(item->template, filter))
		return true;
	for (size_t i = 0; i < TOP_COLUMNS; i++)
		if (item->cells[i] && strcasestr(item->cells[i], filter))
			return true;
	return false;
}

static void apply_filter(struct top_list *list, const char *filter)
{
	size_t n = 0;
	for (size_t i = 0; i < list->n; i++)
		if (has(&list->items[i], filter))
			list->items[n++] = list->items[i];
	if (list->n > 0 && n == 0)
		list->empty = "No row has that.";
	list->n = n;
}

struct kind {
	const struct top_column *columns;
	size_t columns_n;
	void (*fill)(struct top_data *data, struct top_list *list);
	const char *empty;
};

#define KIND(columns, fill, empty)                       \
	{                                                \
		columns, ARRAY_LEN(columns), fill, empty \
	}

static const struct kind kinds[TOP_SCREENS] = {
	[TOP_UPCOMING] = KIND(upcoming_columns, list_upcoming, "Nothing is to come."),
	[TOP_LATE] = KIND(upcoming_columns, list_upcoming, "Nothing is late."),
	[TOP_QUARANTINE] = KIND(quarantine_columns, list_quarantine, "Nothing is in quarantine."),
	[TOP_DECISIONS] = KIND(decision_columns, list_decisions,
		"Nothing had to be decided: all was simply made."),
	[TOP_WORKERS] = KIND(worker_columns, list_workers, "No worker was ever here."),
	[TOP_WAITS] = KIND(wait_columns, list_waits, "Nothing waits."),
};

void top_list(struct top_data *data, const char *filter, struct top_list *ret_list)
{
	const struct kind *kind = &kinds[data->template ? TOP_DECISIONS : data->screen];
	size_t most = data->rows ? (size_t)PQntuples(data->rows) : 0;
	*ret_list = (struct top_list){ .columns = kind->columns,
		.columns_n = kind->columns_n,
		.items = mem_alloc_array(most + 1, sizeof(*ret_list->items)),
		.empty = kind->empty };
	if (data->rows)
		kind->fill(data, ret_list);
	if (*filter)
		apply_filter(ret_list, filter);
}
