/* template: one row of recurring_tasks with recurd's columns, as generate_claim.sql returns it.
 *
 * Texts belong to the result that the row was read from.  An instant that is null in the database is
 * TEMPLATE_NONE.
 */
#pragma once

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>

#include "db/rows.h"
#include "util/macros.h"

#define TEMPLATE_NONE INSTANT_NONE
/* In replan_at, '-infinity': nobody edited the rule, but the data of its time zone have changed. */
#define TEMPLATE_REZONE INT64_MIN

struct template
{
	const char *id, *user_id;
	const char *rule; /* JSON; NULL: larger than RULE_BYTES_MAX */
	size_t rule_len;
	usec_t next_due_at; /* the application's, unless it equals planned_due_at; null where tables made
			     * by hand allow it, and out of range then */
	const char *starts_zone; /* NULL: no anchor yet */
	sec_t starts_local; /* the anchor, wall time; only with starts_zone */
	usec_t planned_due_at; /* the next_due_at that recurd computed */
	usec_t made_through; /* latest occurrence made or dropped */
	int64_t used_count;
	usec_t replan_at; /* when the rule was edited by itself */
	usec_t paused_at, resumed_at, ended_at, created_at;
	bool is_active;
	const char *user_zone; /* of recurd.preferences; NULL: none */
	struct row_place place; /* where the row stands as long as it is locked */
};

#define TEMPLATE_COLUMNS 17 /* of a claim's result; how many rows were locked stands behind them */

void template_read(const PGresult *result, int row, struct template *ret_template);
