/* rows: what is listed, row by row.  Pure.
 *
 * Texts belong to whoever has the struct.  NULL: there is none, or who looks may not see it: no title is shown then, and
 * the id stands in its place.
 */
#pragma once

#include "look/show.h"

struct upcoming_row {
	usec_t at;
	bool reminder;
	const char *user, *template, *task, *title;
	const char *rule; /* JSON; NULL: none, or larger than any that is accepted */
	usec_t starts; /* wall time of its anchor in microseconds; INSTANT_NONE: none yet */
};

struct quarantine_row {
	const char *template, *user, *title;
	const char *rule, *failure;
	const char *zone; /* of its user; NULL: the default */
	usec_t failed_at, due_at;
	usec_t starts;
};

struct decision_row {
	usec_t at, first, last;
	int64_t n;
	const char *kind, *template, *detail, *by;
};

/* Why, in words: "fell into a pause"; the kind itself where it is none of ours. */
const char *decision_words(const char *kind);
/* A rule of a row as a sentence, from its JSON; nothing where it is no rule. */
void rule_words(const char *rule, usec_t starts, struct strbuf *out);
