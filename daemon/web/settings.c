/* The page Settings: what decides what is made, the same for all workers; it only shows. */
#include <stdlib.h>

#include "conf/value.h"
#include "db/rows.h"
#include "db/settings_row.h"
#include "look/texts.h"
#include "util/mem.h"
#include "web/pages.h"

#define VALUE_MAX 4096

static void value_cell(
	struct strbuf *out, const struct settings *settings, const struct conf_option *setting)
{
	struct strbuf value CLEANUP(strbuf_free) = STRBUF(VALUE_MAX);
	(void)value_format(settings, setting, &value);
	page_cell(out, "text", value.data);
}

static void setting_row(struct strbuf *out, const struct outlook_now *outlook, size_t i,
	const struct settings *defaults, bool operator)
{
	const PGresult *rows = outlook->settings_rows;
	const struct conf_option *setting = &settings_options[i];
	struct texts texts = { 0 };
	bool known = rows && (int)i < PQntuples(rows);
	bool is_set = known && !row_is_null(rows, (int)i, SETTINGS_VALUE);
	strbuf_add_text(out, "<tr>");
	page_cell(out, "text", setting->name);
	value_cell(out, outlook->settings, setting);
	strbuf_add_text(out, "<td>");
	FILL(out, FRAGMENT_KIND, { "class", is_set ? "good" : "plain" },
		{ "kind", is_set ? "set" : "default" });
	strbuf_add_text(out, "</td><td class=\"at wide\">");
	show_time(out, &outlook->face,
		known && !row_is_null(rows, (int)i, SETTINGS_SINCE)
			? row_instant(rows, (int)i, SETTINGS_SINCE)
			: INSTANT_NONE);
	strbuf_add_text(out, "</td>");
	if (operator)
		page_cell(
			out, "wide", known ? texts_cell(&texts, rows, (int)i, SETTINGS_BY) : NULL);
	value_cell(out, defaults, setting);
	page_cell(out, "soft wide", setting->help);
	strbuf_add_text(out, "</tr>\n");
	texts_free(&texts);
}

static void ready(void *arg, struct board *board)
{
	static const char *const whole[] = { "Setting", "Value", "State", "|Since", "|By",
		"Default", "|Meaning", NULL };
	static const char *const less[] = { "Setting", "Value", "State", "|Since", "Default",
		"|Meaning", NULL };
	struct visit *visit = arg;
	bool operator= visit->audience == AUDIENCE_OPERATOR;
	struct strbuf out CLEANUP(strbuf_free) = STRBUF(PAGE_MAX);
	struct page page = board_frame(board, "Settings – recurd", "settings");
	struct outlook_now outlook = board_outlook(board);
	struct settings *defaults CLEANUP(settings_cleanup) = settings_create();
	page_begin(&out, &page);
	page_title(&out, "Settings", "what decides what is made, the same for all workers");
	if (*outlook.settings->trouble.text)
		FILL(&out, FRAGMENT_RULE_PROBLEM, { "reason", outlook.settings->trouble.text });
	if (!outlook.settings_rows)
		FILL(&out, FRAGMENT_NOTHING,
			{ "text", "They could not be read yet; these are the defaults." });
	page_table(&out, "Settings", operator? whole : less);
	for (size_t i = 0; i < settings_options_len; i++)
		setting_row(&out, &outlook, i, defaults, operator);
	page_table_end(&out);
	fill_plain(&out, FRAGMENT_SETTINGS_MORE);
	page_end(&out, &page);
	visit_answer(visit->request, 200, &out);
	free(visit);
}

void serve_settings(struct web *web, struct request *request)
{
	board_want(board_of(web), ready, visit_create(web, request));
}
