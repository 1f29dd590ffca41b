/* The frame of all pages; see the header. */
#include "web/page.h"

#include <stdio.h>
#include <string.h>

#include "util/version.h"

static const struct {
	const char *name, *href, *label;
} places[] = {
	{ "now", ".", "Now" },
	{ "upcoming", "upcoming", "Upcoming" },
	{ "templates", "templates", "Templates" },
	{ "quarantine", "quarantine", "Quarantine" },
	{ "decisions", "decisions", "Decisions" },
	{ "workers", "workers", "Workers" },
	{ "rule", "rule", "Try a rule" },
};

static void add_navigation(struct strbuf *out, const struct page *page)
{
	char count[SHOW_TEXT_MAX];
	show_count(page->quarantined, page->quarantined_capped, count);
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		bool current = page->current && strcmp(places[i].name, page->current) == 0;
		bool counted = page->quarantined > 0 && strcmp(places[i].name, "quarantine") == 0;
		FILL(out, FRAGMENT_PAGE_NAV, { "href", places[i].href },
			{ "label", places[i].label }, { "current", current ? "page" : NULL },
			{ "badge", counted ? count : NULL });
	}
}

void page_begin(struct strbuf *out, const struct page *page)
{
	FILL(out, FRAGMENT_PAGE_HEAD, { "title", page->title }, { "icon", assets[page->icon].name },
		{ "css", assets[ASSET_RECURD_CSS].name }, { "js", assets[ASSET_RECURD_JS].name },
		{ "live", page->live }, { "database", page->database });
	add_navigation(out, page);
	fill_plain(out, FRAGMENT_PAGE_MAIN);
	if (page->away)
		FILL(out, FRAGMENT_AWAY, { "why", page->away });
}

void page_end(struct strbuf *out, const struct page *page)
{
	char at[SHOW_TEXT_MAX], schema[16] = "";
	if (page->schema > 0)
		snprintf(schema, sizeof(schema), "%d", page->schema);
	FILL(out, FRAGMENT_PAGE_FOOT, { "version", recurd_version }, { "schema", schema },
		{ "zone", zone_name(page->face.zone) }, { "live", page->live },
		{ "as_of", page->as_of == INSTANT_NONE
				   ? NULL
				   : show_instant(&page->face, page->as_of, at) });
}

void page_title(struct strbuf *out, const char *title, const char *note)
{
	FILL(out, FRAGMENT_TITLE, { "title", title }, { "note", note });
}

void page_section(struct strbuf *out, const char *id, const char *title, const char *note)
{
	FILL(out, FRAGMENT_SECTION, { "id", id }, { "title", title }, { "note", note });
}

void page_section_end(struct strbuf *out)
{
	fill_plain(out, FRAGMENT_SECTION_END);
}

void page_table(struct strbuf *out, const char *caption, const char *const *labels)
{
	FILL(out, FRAGMENT_TABLE_HEAD, { "class", "list" }, { "caption", caption });
	for (; *labels; labels++) {
		bool wide = **labels == '|';
		FILL(out, FRAGMENT_TABLE_COLUMN, { "class", wide ? "wide" : NULL },
			{ "label", *labels + wide });
	}
	strbuf_add_text(out, "</tr></thead>\n<tbody>\n");
}

void page_table_end(struct strbuf *out)
{
	strbuf_add_text(out, "</tbody></table></div>\n");
}

void page_cell(struct strbuf *out, const char *class, const char *text)
{
	FILL(out, FRAGMENT_CELL, { "class", class }, { "text", text && *text ? text : "–" });
}

void show_time(struct strbuf *out, const struct face *face, usec_t instant)
{
	char text[SHOW_TEXT_MAX], whole[SHOW_TEXT_MAX], utc[INSTANT_TEXT_MAX];
	show_instant(face, instant, text);
	if (show_is_finite(instant))
		FILL(out, FRAGMENT_TIME, { "utc", instant_format(instant, utc) },
			{ "whole", show_whole(face, instant, whole) }, { "text", text });
	else
		fill_text(out, text);
}
