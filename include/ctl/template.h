/* template: rows of recurring_tasks as recurctl's statements return them, and what will come of them.
 *
 * The daemon decides; recurctl only foretells, by the same code (plan/outlook.h).
 */
#pragma once

#include <libpq-fe.h>
#include <stdbool.h>

#include "conf/settings.h"
#include "ctl/ctl.h"
#include "ctl/series.h"
#include "plan/outlook.h"
#include "plan/template_row.h"

/* The settings' part of a plan; they must stay. */
void template_policy(const struct settings *settings, struct plan_policy *ret_policy);
/* All of it, with what the database says of its workers, and recurd's clock.  settings_drop. */
int template_world(struct ctl *ctl, struct settings **ret_settings, struct plan_policy *ret_policy,
	usec_t *ret_now);
/* outlook_open of a row with the columns of a template from `first` on (plan/template_row.h).  The zones
 * must be open (zones_open), and the rows must stay. */
bool outlook_open_row(const struct plan_policy *policy, const PGresult *result, int row, int first,
	struct outlook **ret_outlook, struct err *err) NODISCARD;

/* Columns of ctl_template.sql that more than one command reads. */
enum {
	T_ID = 0,
	T_ACTIVE = 7,
	T_PAUSED = 16,
	T_ENDED = 18,
	T_FAILED = 19,
	T_FAILURE,
	T_TASKS,
	T_OUTLOOK = 23,
	T_WAKE = T_OUTLOOK + TEMPLATE_COLUMNS,
	T_PAUSED_UNTIL,
	T_POLICIES,
};

/* Of a row of ctl_template.sql: the template with its policies, for which there must be room. */
void template_read(
	const PGresult *result, struct template *ret_template, struct policies *ret_policies);
/* What will be made of it from now on. */
bool outlook_open_template(const struct plan_policy *policy, usec_t now, const PGresult *result,
	struct outlook **ret_outlook, struct err *err) NODISCARD;

/* For printing; the outlook must stay. */
struct foretold {
	struct outlook *outlook;
	bool any; /* given already */
};
struct series series_of_outlook(struct foretold *foretold);
/* Why nothing comes of a row of ctl_template.sql. */
const char *template_why_none(const PGresult *result);
