/* rows: the lists of the pages.  Pure. */
#pragma once

#include "look/rows.h"
#include "web/page.h"

void rows_upcoming(
	struct strbuf *out, const struct face *face, const struct upcoming_row *rows, size_t n);
/* In short, for the first page. */
void rows_quarantine(
	struct strbuf *out, const struct face *face, const struct quarantine_row *rows, size_t n);
/* With the reason under the very place in the rule, and what to do. */
void rows_quarantine_whole(
	struct strbuf *out, const struct face *face, const struct quarantine_row *rows, size_t n);
void rows_decisions(
	struct strbuf *out, const struct face *face, const struct decision_row *rows, size_t n);
