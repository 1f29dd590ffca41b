/* template: one row of recurring_tasks with recurd's columns, and its user's time zone.
 *
 * Null is a value: TEMPLATE_NONE for an instant and a number, NULL for a text.  Any value may stand in
 * any column; template_check says which of them cannot be planned with.  Rows of results are read by
 * template_row.h.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "plan/policies.h"
#include "util/err.h"
#include "util/timefmt.h"

#define TEMPLATE_NONE INSTANT_NONE
/* In replan_at, '-infinity': nobody edited the rule, but its time zone is another: its data have changed, or its user,
 * the default or the rule's timeZone alone has moved. */
#define TEMPLATE_REZONE INT64_MIN

/* What an edit of the rule was, by the last three digits of replan_at's microseconds; its instant is that of the
 * second. */
enum template_edit {
	EDIT_NONE,
	EDIT_ZONE, /* TEMPLATE_REZONE */
	EDIT_RULE, /* another rule */
	EDIT_OVERRIDES, /* recurrenceOverrides alone: the series is the one that it was */
	EDIT_SPLIT, /* it is the rest of another series; what that had before has used up COUNT */
};
#define TEMPLATE_EDIT_CODES 1000
#define TEMPLATE_OVERRIDES  1
#define TEMPLATE_SPLIT      2

struct template
{
	const char *id, *user_id;
	const char *rule; /* JSON; NULL: larger than RULE_BYTES_MAX */
	size_t rule_len;
	usec_t next_due_at; /* the application's, unless it equals planned_due_at; null where tables made
			     * by hand allow it, and out of range then */
	const char *starts_zone; /* NULL: no anchor yet */
	sec_t starts_local; /* the anchor, wall time; only with starts_zone */
	int starts_code; /* its microseconds, of no concern to an anchor: how far a move's clock is off (move.h) */
	usec_t planned_due_at; /* the next_due_at that recurd computed */
	usec_t made_through; /* latest occurrence made or dropped */
	int64_t used_count;
	usec_t replan_at; /* when the rule was edited by itself */
	usec_t paused_at, resumed_at, ended_at, created_at;
	bool is_active; /* null is not active */
	const char *user_zone; /* of recurd.preferences; NULL: none */
	const struct policies *policies; /* NULL: none */
};

enum template_edit template_edit(const struct template *template);
/* The two of the anchor as one wall time in microseconds, as the column has them. */
usec_t template_wall_us(sec_t starts_local, int starts_code);
/* Since when what fires at that instant waits for a worker: not before the template was made, resumed or edited, nor
 * before it was to be looked at (wake_at), which is when somebody gave it a policy that has more of it due.  What lies
 * ahead of the clock says nothing. */
usec_t template_waits_since(const struct template *template, usec_t fire, usec_t clock);
/* false: err names the column that no plan can be made from, what is expected there and what it has.
 * Columns that are only compared (paused_at, resumed_at, ended_at, created_at) may have any value. */
bool template_check(const struct template *template, struct err *err) NODISCARD;
