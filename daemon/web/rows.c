/* Lists; see the header. */
#include "web/rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "web/place.h"

#define WORDS_MAX 4096

static void link_template(struct strbuf *out, const char *id, const char *title)
{
	strbuf_add_text(out, "<td class=\"text\">");
	if (id)
		FILL(out, FRAGMENT_LINK_TEMPLATE, { "id", id },
			{ "text", title && *title ? title : id });
	else
		fill_text(out, title && *title ? title : "–");
	strbuf_add_text(out, "</td>");
}

static void time_cell(struct strbuf *out, const struct face *face, usec_t at, const char *class)
{
	strbuf_addf(out, "<td class=\"%s\">", class);
	show_time(out, face, at);
	strbuf_add_text(out, "</td>");
}

static void kind_cell(struct strbuf *out, const char *kind, const char *class, const char *of)
{
	strbuf_addf(out, "<td class=\"%s\">", of);
	FILL(out, FRAGMENT_KIND, { "class", class }, { "kind", kind });
	strbuf_add_text(out, "</td>");
}

/* ---- upcoming ---- */

static void upcoming(struct strbuf *out, const struct face *face, const struct upcoming_row *row)
{
	char distance[SHOW_TEXT_MAX];
	struct strbuf words CLEANUP(strbuf_free) = STRBUF(WORDS_MAX);
	rule_words(row->rule, row->starts, &words);
	bool late = row->at != USEC_MINUS_INFINITY && row->at < face->now - 5 * USEC_PER_SEC;
	strbuf_add_text(out, "<tr>");
	time_cell(out, face, row->at, "at");
	show_distance(face, row->at, distance);
	strbuf_add_text(out, "<td class=\"in\">");
	if (late)
		FILL(out, FRAGMENT_KIND, { "class", "bad" }, { "kind", "late" });
	else
		fill_text(out, distance);
	strbuf_add_text(out, "</td>");
	kind_cell(out, row->reminder ? "reminder" : "occurrence", row->reminder ? "told" : "made",
		"wide");
	link_template(out, row->template,
		row->title      ? row->title
		: row->template ? NULL
				: row->task);
	page_cell(out, "wide", row->user);
	page_cell(out, "soft wide", row->reminder ? "" : words.data);
	strbuf_add_text(out, "</tr>\n");
}

void rows_upcoming(
	struct strbuf *out, const struct face *face, const struct upcoming_row *rows, size_t n)
{
	static const char *const labels[] = { "At", "In", "|What", "Title", "|User", "|Rule",
		NULL };
	if (n == 0) {
		FILL(out, FRAGMENT_NOTHING, { "text", "Nothing is to come." });
		return;
	}
	page_table(out, "What comes next", labels);
	for (size_t i = 0; i < n; i++)
		upcoming(out, face, &rows[i]);
	page_table_end(out);
}

/* ---- quarantine ---- */

static void link_mend(struct strbuf *out, const struct quarantine_row *row)
{
	char start[INSTANT_TEXT_MAX] = "";
	if (row->starts != INSTANT_NONE && row->starts != USEC_INFINITY &&
		row->starts != USEC_MINUS_INFINITY)
		wall_format(sec_from_usec(row->starts), start);
	FILL(out, FRAGMENT_LINK_MEND, { "rule", row->rule }, { "start", start },
		{ "zone", row->zone }, { "template", row->title ? row->title : row->template });
}

static void quarantined(
	struct strbuf *out, const struct face *face, const struct quarantine_row *row)
{
	char since[SHOW_TEXT_MAX];
	strbuf_add_text(out, "<tr>");
	link_template(out, row->template, row->title);
	page_cell(out, "wide", row->user);
	strbuf_add_text(out, "<td class=\"text\"><code>");
	fill_text(out, row->failure);
	strbuf_add_text(out, "</code></td>");
	page_cell(out, "in", show_distance(face, row->failed_at, since));
	strbuf_add_text(out, "<td class=\"nowrap\">");
	link_mend(out, row);
	strbuf_add_text(out, "</td></tr>\n");
}

void rows_quarantine(
	struct strbuf *out, const struct face *face, const struct quarantine_row *rows, size_t n)
{
	static const char *const labels[] = { "Template", "|User", "Reason", "Since", "Mend",
		NULL };
	if (n == 0) {
		FILL(out, FRAGMENT_NOTHING, { "text", "Nothing is in quarantine." });
		return;
	}
	page_table(out, "Templates in quarantine", labels);
	for (size_t i = 0; i < n; i++)
		quarantined(out, face, &rows[i]);
	page_table_end(out);
}

static void quarantined_whole(
	struct strbuf *out, const struct face *face, const struct quarantine_row *row)
{
	char since[SHOW_TEXT_MAX];
	strbuf_add_text(out, "<article>\n<h2>");
	FILL(out, FRAGMENT_LINK_TEMPLATE, { "id", row->template },
		{ "text", row->title && *row->title ? row->title : row->template });
	strbuf_add_text(out, "</h2>\n");
	FILL(out, FRAGMENT_QUARANTINED, { "user", row->user },
		{ "since", show_instant(face, row->failed_at, since) });
	strbuf_add_text(out, "<p>Was due ");
	show_time(out, face, row->due_at);
	strbuf_add_text(out, "</p>\n");
	if (row->rule)
		place_show(out, row->rule, row->failure ? row->failure : "");
	FILL(out, FRAGMENT_QUARANTINE_REASON, { "reason", row->failure });
	link_mend(out, row);
	FILL(out, FRAGMENT_QUARANTINE_MEND, { "id", row->template });
	strbuf_add_text(out, "</article>\n");
}

void rows_quarantine_whole(
	struct strbuf *out, const struct face *face, const struct quarantine_row *rows, size_t n)
{
	if (n == 0)
		FILL(out, FRAGMENT_NOTHING,
			{ "text", "Nothing is in quarantine: every rule works." });
	for (size_t i = 0; i < n; i++)
		quarantined_whole(out, face, &rows[i]);
}

/* ---- decisions ---- */

static const char *kind_class(const char *kind)
{
	if (strcmp(kind, "quarantined") == 0)
		return "bad";
	if (strcmp(kind, "dropped") == 0 || strcmp(kind, "limited") == 0)
		return "warn";
	return "plain";
}

static void decision_why(
	struct strbuf *out, const struct face *face, const struct decision_row *row)
{
	char text[SHOW_TEXT_MAX];
	strbuf_add_text(out, "<td class=\"text\">");
	fill_text(out, decision_words(row->kind));
	if (row->n > 1)
		strbuf_addf(out, "; %s occurrences", show_count(row->n, false, text));
	if (row->first != INSTANT_NONE) {
		strbuf_add_text(out, row->n > 1 ? ", from " : ": ");
		show_time(out, face, row->first);
	}
	if (row->n > 1 && row->last != INSTANT_NONE) {
		strbuf_add_text(out, " to ");
		show_time(out, face, row->last);
	}
	FILL(out, FRAGMENT_DETAIL, { "detail", row->detail }, { "by", row->by });
	strbuf_add_text(out, "</td>");
}

void rows_decisions(
	struct strbuf *out, const struct face *face, const struct decision_row *rows, size_t n)
{
	static const char *const labels[] = { "At", "Kind", "Template", "Why", NULL };
	if (n == 0) {
		FILL(out, FRAGMENT_NOTHING,
			{ "text", "Nothing had to be decided: all was simply made." });
		return;
	}
	page_table(out, "Decisions, the newest first", labels);
	for (size_t i = 0; i < n; i++) {
		strbuf_add_text(out, "<tr>");
		time_cell(out, face, rows[i].at, "at");
		kind_cell(out, rows[i].kind, kind_class(rows[i].kind), "nowrap");
		link_template(out, rows[i].template, NULL);
		decision_why(out, face, &rows[i]);
		strbuf_add_text(out, "</tr>\n");
	}
	page_table_end(out);
}
