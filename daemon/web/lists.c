/* Listings; see the header. */
#include "web/lists.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/rows.h"
#include "look/rows_read.h"
#include "util/mem.h"
#include "web/request.h"

/* ---- the next page ---- */

/* keep: the filters, as a query. */
static void more(
	struct strbuf *out, const char *page, const char *keep, usec_t after, const char *id)
{
	char at[INSTANT_TEXT_MAX];
	FILL(out, FRAGMENT_MORE, { "page", page }, { "keep", keep },
		{ "after", instant_format(after, at) }, { "id", id });
}

/* ---- upcoming, quarantine, decisions ---- */

void list_upcoming(struct strbuf *out, const struct list *list, const PGresult *result)
{
	struct texts texts = { 0 };
	size_t n;
	struct upcoming_row *rows = read_upcoming(result, &texts, list->titles, &n);
	rows_upcoming(out, list->face, rows, n);
	if (n == LIST_ROWS && rows[n - 1].at != USEC_INFINITY) {
		/* A page that is of one instant alone would come again. */
		bool stands = rows[0].at == rows[n - 1].at;
		if (stands)
			FILL(out, FRAGMENT_NOTHING,
				{ "text", "More than this stand at that instant: the next page "
					  "leaves them "
					  "out." });
		more(out, "upcoming", NULL, rows[n - 1].at + stands, NULL);
	}
	free(rows);
	texts_free(&texts);
}

void list_quarantine(struct strbuf *out, const struct list *list, const PGresult *result)
{
	struct texts texts = { 0 };
	size_t n;
	struct quarantine_row *rows = read_quarantine(result, &texts, list->titles, &n);
	rows_quarantine_whole(out, list->face, rows, n);
	if (n == LIST_ROWS)
		more(out, "quarantine", NULL, rows[n - 1].due_at, rows[n - 1].template);
	free(rows);
	texts_free(&texts);
}

void list_decisions(struct strbuf *out, const struct list *list, const PGresult *result)
{
	struct texts texts = { 0 };
	size_t n;
	char id[24];
	struct decision_row *rows = read_decisions(result, &texts, &n);
	rows_decisions(out, list->face, rows, n);
	if (n == LIST_ROWS) {
		snprintf(id, sizeof(id), "%lld", (long long)row_int8(result, (int)n - 1, 0));
		more(out, "decisions", NULL, rows[n - 1].at, id);
	}
	free(rows);
	texts_free(&texts);
}

/* ---- templates ---- */

const char *template_state(const PGresult *result, int row)
{
	enum { ENDED = TEMPLATE_FIRST + 12 };
	if (!row_is_null(result, row, TEMPLATE_FAILED_AT))
		return "quarantined";
	if (!row_is_null(result, row, ENDED))
		return "ended";
	return row_bool(result, row, TEMPLATE_ACTIVE) ? "active" : "paused";
}

void template_tag(struct strbuf *out, const char *state)
{
	const char *class = strcmp(state, "quarantined") == 0 ? "bad"
			    : strcmp(state, "active") == 0    ? "good"
			    : strcmp(state, "paused") == 0    ? "warn"
							      : "plain";
	FILL(out, FRAGMENT_KIND, { "class", class }, { "kind", state });
}

static const char *given(const struct list *list, const char *name)
{
	const char *value = request_query(list->request, name);
	return value ? value : "";
}

static void filter_form(struct strbuf *out, const struct list *list)
{
	static const char *const states[] = { "active", "paused", "ended", "quarantined" };
	const char *chosen = given(list, "state");
	FILL(out, FRAGMENT_FILTER, { "id", given(list, "id") }, { "user", given(list, "user") });
	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		FILL(out, FRAGMENT_OPTION, { "value", states[i] },
			{ "chosen", strcmp(states[i], chosen) == 0 ? "yes" : NULL });
	fill_plain(out, FRAGMENT_FILTER_END);
}

static void template_row(struct strbuf *out, const struct list *list, struct texts *texts,
	const PGresult *result, int row)
{
	struct strbuf words CLEANUP(strbuf_free) = STRBUF(4096);
	const char *title = list->titles ? texts_cell(texts, result, row, TEMPLATE_TITLE) : NULL;
	const char *id = texts_cell(texts, result, row, TEMPLATE_FIRST);
	usec_t starts = row_is_null(result, row, TEMPLATE_FIRST + 4)
				? INSTANT_NONE
				: row_wall_us(result, row, TEMPLATE_FIRST + 4);
	rule_words(texts_cell(texts, result, row, TEMPLATE_FIRST + 2), starts, &words);
	strbuf_add_text(out, "<tr><td class=\"text\">");
	FILL(out, FRAGMENT_LINK_TEMPLATE, { "id", id }, { "text", title && *title ? title : id });
	strbuf_add_text(out, "</td><td>");
	template_tag(out, template_state(result, row));
	strbuf_add_text(out, "</td><td class=\"at\">");
	show_time(out, list->face, row_instant(result, row, TEMPLATE_FIRST + 3));
	strbuf_add_text(out, "</td>");
	page_cell(out, "wide", texts_cell(texts, result, row, TEMPLATE_FIRST + 1));
	page_cell(out, "soft wide", words.data);
	strbuf_add_text(out, "</tr>\n");
}

static void keep_filters(struct strbuf *keep, const struct list *list)
{
	static const char *const names[] = { "state", "user" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!*given(list, names[i]))
			continue;
		strbuf_addf(keep, "%s%s=", keep->len > 0 ? "&" : "", names[i]);
		fill_url(keep, given(list, names[i]));
	}
}

void list_templates(struct strbuf *out, const struct list *list, const PGresult *result)
{
	static const char *const labels[] = { "Template", "State", "Next", "|User", "|Rule", NULL };
	struct texts texts = { 0 };
	struct strbuf keep CLEANUP(strbuf_free) = STRBUF(4096);
	int n = PQntuples(result), shown = 0;
	const char *state = given(list, "state");
	bool searched = *given(list, "id") || *given(list, "user");
	filter_form(out, list);
	page_table(out, "Templates, in the order in which they are due", labels);
	for (int i = 0; i < n; i++) {
		if (searched && *state && strcmp(template_state(result, i), state) != 0)
			continue;
		template_row(out, list, &texts, result, i);
		shown++;
	}
	page_table_end(out);
	if (shown == 0)
		FILL(out, FRAGMENT_NOTHING, { "text", "No template is like that." });
	keep_filters(&keep, list);
	if (n == LIST_ROWS && !*given(list, "id"))
		more(out, "templates", keep.data, row_instant(result, n - 1, TEMPLATE_FIRST + 3),
			texts_cell(&texts, result, n - 1, TEMPLATE_FIRST));
	else if (n == LIST_ROWS)
		FILL(out, FRAGMENT_NOTHING,
			{ "text", "These are the first of them: type more of the id." });
	texts_free(&texts);
}

/* ---- workers ---- */

/* What buckets tell: no more than that. */
static const char *show_late(const PGresult *result, int row, char buf[static SHOW_TEXT_MAX])
{
	if (row_is_null(result, row, 11))
		return "";
	usec_t late = row_int8(result, row, 11);
	return late == INT64_MAX ? "> 1 h" : show_span(late, buf);
}

static void worker_row(struct strbuf *out, const struct list *list, struct texts *texts,
	const PGresult *result, int row)
{
	char n[SHOW_TEXT_MAX];
	const char *state = texts_cell(texts, result, row, 1);
	bool alive = strcmp(state, "alive") == 0;
	strbuf_add_text(out, "<tr>");
	page_cell(out, "text", texts_cell(texts, result, row, 0));
	strbuf_add_text(out, "<td>");
	FILL(out, FRAGMENT_KIND,
		{ "class", alive                        ? "good"
			   : strcmp(state, "dead") == 0 ? "bad"
							: "plain" },
		{ "kind", state });
	strbuf_add_text(out, "</td>");
	page_cell(out, "in", show_distance(list->face, row_instant(result, row, 7), n));
	strbuf_add_text(out, "<td class=\"at wide\">");
	show_time(out, list->face, row_instant(result, row, 6));
	strbuf_add_text(out, "</td>");
	page_cell(out, "number", show_late(result, row, n));
	for (int column = 8; column <= 10; column++)
		page_cell(out, "number", show_count(row_int8(result, row, column), false, n));
	page_cell(out, "wide", texts_cell(texts, result, row, 3));
	page_cell(out, "wide", texts_cell(texts, result, row, 4));
	strbuf_add_text(out, "</tr>\n");
}

void list_workers(struct strbuf *out, const struct list *list, const PGresult *result)
{
	static const char *const labels[] = { "Worker", "State", "Seen", "|Started", "Late, p99",
		"Made", "Told", "Quarantined", "|Version", "|Zone data", NULL };
	struct texts texts = { 0 };
	page_table(out, "Workers", labels);
	for (int i = 0; i < PQntuples(result); i++)
		worker_row(out, list, &texts, result, i);
	page_table_end(out);
	if (PQntuples(result) == 0)
		FILL(out, FRAGMENT_NOTHING,
			{ "text", "No worker was ever here: nothing is made." });
	texts_free(&texts);
}
