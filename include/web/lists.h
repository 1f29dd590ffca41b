/* lists: the pages that are one listing each, from the row that a statement gave to HTML.
 */
#pragma once

#include <libpq-fe.h>

#include "web/rows.h"

struct request;

struct list {
	const struct face *face;
	const struct request *request; /* for its filters */
	bool titles;
};

#define LIST_ROWS 100

typedef void list_fn(struct strbuf *out, const struct list *list, const PGresult *result);
list_fn list_upcoming, list_quarantine, list_decisions, list_templates, list_workers;

/* A template's state: "active", "paused", "ended", "quarantined". */
const char *template_state(const PGresult *result, int row);
/* <span class="tag">active</span> */
void template_tag(struct strbuf *out, const char *state);
