/* template: one row of recurring_tasks as recurctl looks at it, and what would come of it.
 *
 * The daemon decides (work/); this only foretells, from the same row by the same rules: an anchor that
 * stands, a next_due_at that the application moved, an edited rule, a count that is nearly used up.
 */
#pragma once

#include <libpq-fe.h>
#include <stdbool.h>

#include "conf/conf.h"
#include "recur/recurrence.h"

struct template_row {
	const char *id;
	const char *rule; /* JSON text; NULL: too large to be looked at */
	usec_t next_due_at;
	const usec_t *planned_due_at, *made_through, *replan_at; /* NULL: null */
	const sec_t *starts_local;
	int64_t used_count;
	bool ended;
	const char *user_zone; /* of recurd.preferences; NULL: none */
};

/* Columns that ctl_preflight_open.sql and ctl_template.sql have in common, in this order. */
enum template_column {
	TEMPLATE_ID,
	TEMPLATE_USER,
	TEMPLATE_TITLE,
	TEMPLATE_RULE,
	TEMPLATE_NEXT_DUE,
	TEMPLATE_PLANNED,
	TEMPLATE_MADE_THROUGH,
	TEMPLATE_REPLAN,
	TEMPLATE_STARTS_LOCAL,
	TEMPLATE_USED,
	TEMPLATE_ENDED,
	TEMPLATE_USER_ZONE,
};

struct outlook;

/* Opens the rule from the template's anchor; false: err is the reason for which it would be put into
 * quarantine.  template is read by this call alone.  The zones must be open (zones_open). */
bool outlook_open(const struct conf *conf, const struct template_row *template,
	struct outlook **ret_outlook, struct err *err) NODISCARD;
/* The same from a row of a result; `first` is the column of TEMPLATE_ID. */
bool outlook_open_row(const struct conf *conf, const PGresult *result, int row, int first,
	struct outlook **ret_outlook, struct err *err) NODISCARD;
void outlook_close(struct outlook *outlook);
void outlook_cleanup(struct outlook **outlook);
const struct rule *outlook_rule(const struct outlook *outlook);
sec_t outlook_start(const struct outlook *outlook); /* the anchor, wall time */
const struct zone *outlook_zone(const struct outlook *outlook);
/* The next occurrence, next_due_at first; excluded ones are left out.  Never RECUR_AGAIN. */
enum recur_status outlook_next(
	struct outlook *outlook, struct occurrence *ret_occurrence, struct err *err) NODISCARD;

struct table;
/* The next n occurrences, as a listing of a record; none: what is said instead of them. */
void outlook_print(struct outlook *outlook, struct table *record, const char *name,
	const char *heading, int64_t n, const char *none);
