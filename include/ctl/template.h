/* template: rows of recurring_tasks as recurctl's statements return them, and what will come of them.
 *
 * The daemon decides; recurctl only foretells, by the same code (plan/outlook.h).
 */
#pragma once

#include <libpq-fe.h>
#include <stdbool.h>

#include "conf/settings.h"
#include "ctl/series.h"
#include "plan/outlook.h"

/* The settings' part of a plan; they must stay. */
void template_policy(const struct settings *settings, struct plan_policy *ret_policy);
/* outlook_open of a row with the columns of a template from `first` on (plan/template_row.h).  The zones
 * must be open (zones_open). */
bool outlook_open_row(const struct plan_policy *policy, const PGresult *result, int row, int first,
	struct outlook **ret_outlook, struct err *err) NODISCARD;

/* For printing; the outlook must stay. */
struct series series_of_outlook(struct outlook *outlook);
