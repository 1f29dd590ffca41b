/* series: what comes of a rule, as recurctl prints it, wherever its occurrences come from: a rule that
 * somebody typed, or a template of the database.
 */
#pragma once

#include "plan/template.h"
#include "recur/recurrence.h"

struct table;

/* One occurrence.  TEMPLATE_NONE, NULL: not known. */
struct series_one {
	usec_t due; /* when a task of it is due */
	usec_t nominal; /* where the rule has it */
	usec_t made_at; /* when it is made */
	enum zone_fit fit;
	bool shifted; /* by a calendar; else what is due elsewhere was moved by an override */
	const char *remark; /* what else there is to say */
};

struct series {
	const struct rule *rule;
	sec_t start; /* the anchor, wall time */
	const struct zone *zone;
	/* The next occurrence; never RECUR_AGAIN. */
	enum recur_status (*next)(void *source, struct series_one *ret_one, struct err *err);
	void *source;
};

/* The next of a struct recurrence; never RECUR_AGAIN. */
enum recur_status series_step(
	struct recurrence *recurrence, struct occurrence *ret_occurrence, struct err *err);
/* The same for `next`, with a struct recurrence as its source. */
enum recur_status series_next_of_recurrence(
	void *recurrence, struct series_one *ret_one, struct err *err);

/* The rule in words and in its forms, and n occurrences, as one record.  none: what is said instead of them. */
void series_print(const struct series *series, bool json, int64_t n, const char *none);
/* n occurrences as a listing of a record.  series may be NULL: it has none. */
void series_print_next(const struct series *series, struct table *record, const char *name,
	const char *heading, int64_t n, const char *none);
