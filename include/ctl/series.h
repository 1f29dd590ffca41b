/* series: what comes of a rule, as recurctl prints it, wherever its occurrences come from: a rule that
 * somebody typed, or a template of the database.
 */
#pragma once

#include "recur/recurrence.h"

struct table;

struct series {
	const struct rule *rule;
	sec_t start; /* the anchor, wall time */
	const struct zone *zone;
	/* The next occurrence; never RECUR_AGAIN. */
	enum recur_status (*next)(void *source, struct occurrence *ret_occurrence, struct err *err);
	void *source;
};

/* For `next`, with a struct recurrence as its source. */
enum recur_status series_next_of_recurrence(
	void *recurrence, struct occurrence *ret_occurrence, struct err *err);

/* The rule in words and in its forms, and n occurrences, as one record. */
void series_print(const struct series *series, bool json, int64_t n);
/* n occurrences as a listing of a record; none: what is said instead of them.  series may be NULL: it
 * has none. */
void series_print_next(const struct series *series, struct table *record, const char *name,
	const char *heading, int64_t n, const char *none);
