/* template: rows of recurring_tasks as recurctl's statements return them, and what will come of them.
 *
 * The daemon decides; recurctl only foretells, by the same code (plan/outlook.h).
 */
#pragma once

#include <libpq-fe.h>
#include <stdbool.h>

#include "conf/conf.h"
#include "ctl/series.h"
#include "plan/outlook.h"

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

/* The configuration's part of a plan; conf must stay. */
void template_policy(const struct conf *conf, struct plan_policy *ret_policy);
/* `first` is the column of TEMPLATE_ID; texts belong to the result. */
void template_from_row(const PGresult *result, int row, int first, struct template *ret_template);
/* outlook_open of such a row.  The zones must be open (zones_open). */
bool outlook_open_row(const struct plan_policy *policy, const PGresult *result, int row, int first,
	struct outlook **ret_outlook, struct err *err) NODISCARD;

/* For printing; the outlook must stay. */
struct series series_of_outlook(struct outlook *outlook);
