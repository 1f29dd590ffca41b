/* What else belongs to one template: its policies, and how it was edited. */
#include <inttypes.h>
#include <string.h>

#include "db/rows.h"
#include "look/texts.h"
#include "plan/policies.h"
#include "util/duration.h"
#include "web/pages.h"

/* Columns of web_policies.sql. */
enum {
	P_VERSION,
	P_WAKE,
	P_CATCH_UP,
	P_WINDOW,
	P_CAP,
	P_OVERLAP,
	P_LEAD,
	P_JITTER,
	P_REMIND,
	P_CALENDAR,
	P_SHIFT,
	P_PAUSE,
	P_OPEN
};

static void begin_one(struct strbuf *out, const char *what)
{
	strbuf_addf(out, "%s%s ", out->len > 0 ? "; " : "", what);
}

static void add_word(
	struct strbuf *out, struct texts *texts, const PGresult *row, int column, const char *what)
{
	const char *word = texts_cell(texts, row, 0, column);
	if (!word)
		return;
	begin_one(out, what);
	strbuf_add_text(out, word);
}

static void add_span(struct strbuf *out, const PGresult *row, int column, const char *what)
{
	if (row_is_null(row, 0, column) || row_int8(row, 0, column) <= 0)
		return;
	begin_one(out, what);
	duration_tell(row_int8(row, 0, column), out);
}

static void add_reminders(struct strbuf *out, const PGresult *row)
{
	usec_t before[POLICIES_REMINDERS_MAX];
	size_t n = policy_reminders_of(row_text(row, 0, P_REMIND), before);
	for (size_t i = 0; i < n; i++) {
		strbuf_add_text(out, i > 0 ? ", " : out->len > 0 ? "; reminded " : "reminded ");
		duration_tell(before[i] < 0 ? -before[i] : before[i], out);
		strbuf_add_text(out, before[i] < 0 ? " after" : " before");
	}
}

void template_policies(struct strbuf *out, struct texts *texts, const PGresult *row)
{
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(8192);
	if (PQntuples(row) != 1 || row_is_null(row, 0, P_VERSION))
		return;
	add_word(&text, texts, row, P_CATCH_UP, "of what is late:");
	add_span(&text, row, P_WINDOW, "no later than");
	if (!row_is_null(row, 0, P_CAP)) {
		begin_one(&text, "at most");
		strbuf_addf(&text, "%" PRId64 " at once", row_int8(row, 0, P_CAP));
	}
	add_word(&text, texts, row, P_OVERLAP, "while one is open:");
	add_span(&text, row, P_LEAD, "made before it is due by");
	add_span(&text, row, P_JITTER, "spread over");
	add_reminders(&text, row);
	add_word(&text, texts, row, P_CALENDAR, "calendar");
	add_word(&text, texts, row, P_SHIFT, "on a day off:");
	add_word(&text, texts, row, P_PAUSE, "of what fell into a pause:");
	FILL(out, FRAGMENT_TEMPLATE_POLICIES, { "policies", text.len > 0 ? text.data : NULL },
		{ "open", texts_cell(texts, row, 0, P_OPEN) });
}

/* ---- edits ---- */

/* Columns of web_changes.sql. */
enum { C_AT, C_BY, C_RULE, C_STARTS, C_ZONE, C_MADE, C_PLANNED, C_SET, C_KEEPS };

static void change_row(struct strbuf *out, struct texts *texts, const struct face *face,
	const PGresult *rows, int i)
{
	struct strbuf words CLEANUP(strbuf_free) = STRBUF(4096);
	bool set = !row_is_null(rows, i, C_SET);
	rule_words(texts_cell(texts, rows, i, C_RULE), row_wall_us(rows, i, C_STARTS), &words);
	strbuf_add_text(out, "<tr><td class=\"at\">");
	show_time(out, face, row_instant(rows, i, C_AT));
	strbuf_add_text(out, "</td>");
	page_cell(out, NULL, texts_cell(texts, rows, i, C_BY));
	strbuf_add_text(out, "<td>");
	fill_text(out, set ? "next_due_at was set to " : "the rule was edited");
	if (set)
		show_time(out, face, row_instant(rows, i, C_SET));
	strbuf_add_text(out, "</td>");
	page_cell(out, "soft wide", words.data);
	strbuf_add_text(out, "</tr>\n");
}

void template_changes(
	struct strbuf *out, struct texts *texts, const struct face *face, const PGresult *rows)
{
	static const char *const labels[] = { "At", "By", "What", "|The rule of before", NULL };
	if (PQntuples(rows) == 0)
		return;
	page_section(out, "changes", "Edits", "what the series went by before each");
	page_table(out, "Edits, the newest first", labels);
	for (int i = PQntuples(rows); i-- > 0;)
		change_row(out, texts, face, rows, i);
	page_table_end(out);
	page_section_end(out);
}

void template_turns(
	struct strbuf *out, struct texts *texts, const struct face *face, const PGresult *rows)
{
	static const char *const labels[] = { "At", "From zone", "First that moved", NULL };
	if (PQntuples(rows) == 0)
		return;
	page_section(out, "turns", "Moves to another time zone", NULL);
	page_table(out, "Moves, the newest first", labels);
	for (int i = PQntuples(rows); i-- > 0;) {
		strbuf_add_text(out, "<tr><td class=\"at\">");
		show_time(out, face, row_instant(rows, i, 2));
		strbuf_add_text(out, "</td>");
		page_cell(out, NULL, texts_cell(texts, rows, i, 0));
		strbuf_add_text(out, "<td class=\"at\">");
		show_time(out, face, row_instant(rows, i, 1));
		strbuf_add_text(out, "</td></tr>\n");
	}
	page_table_end(out);
	page_section_end(out);
}
