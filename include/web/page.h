/* page: what all pages have around them.  Pure: from what they are given to bytes.
 *
 * A page stands at the top ("templates", "template?id=..."), so that every link is relative without a base: behind a
 * prefix of a proxy's they work as they are, and an id like ".." is no part of a path.
 */
#pragma once

#include "look/show.h"
#include "web/fill.h"

#define PAGE_MAX (4u << 20) /* bytes of one page */

struct page {
	const char *title; /* of the tab */
	const char *current; /* "now": which of the pages, for the navigation; NULL: none of them */
	const char *database; /* "app on db1:5432"; NULL: not known */
	const char *live; /* its name at "events"; NULL: it stays as it is */
	enum asset_id icon;
	struct face face;
	usec_t as_of; /* when what it shows was read; INSTANT_NONE: it shows nothing of the database */
	int64_t quarantined; /* for the navigation; 0: none, or not known */
	bool quarantined_capped;
	int schema; /* 0: not known */
	const char *away; /* why the database is not there; NULL: it is */
};

void page_begin(struct strbuf *out, const struct page *page);
void page_end(struct strbuf *out, const struct page *page);
void page_title(struct strbuf *out, const char *title, const char *note);
/* Between the two: what a live page replaces, by its id. */
void page_section(struct strbuf *out, const char *id, const char *title, const char *note);
void page_section_end(struct strbuf *out);
/* A table's head; labels end with NULL, and one that begins with "|" is left out on a narrow screen. */
void page_table(struct strbuf *out, const char *caption, const char *const *labels);
void page_table_end(struct strbuf *out);
/* A <time> with show_instant's text, and its instant in UTC. */
void show_time(struct strbuf *out, const struct face *face, usec_t instant);
/* <td class>text</td>; NULL: no class; an empty text is a dash. */
void page_cell(struct strbuf *out, const char *class, const char *text);
