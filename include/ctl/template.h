/* template: rows of recurring_tasks as recurctl's statements return them, and what will come of them.
 *
 * The daemon decides; recurctl only foretells, by the same code (plan/outlook.h).
 */
#pragma once

#include <libpq-fe.h>
#include <stdbool.h>

#include "conf/conf.h"
#include "plan/outlook.h"

/* The configuration's part of a plan; conf must stay. */
void template_policy(const struct conf *conf, struct plan_policy *ret_policy);
/* outlook_open of a row with the columns of a template from `first` on (plan/template_row.h).  The zones
 * must be open (zones_open). */
bool outlook_open_row(const struct plan_policy *policy, const PGresult *result, int row, int first,
	struct outlook **ret_outlook, struct err *err) NODISCARD;

struct table;
/* The next n occurrences, as a listing of a record; none: what is said instead of them. */
void outlook_print(struct outlook *outlook, struct table *record, const char *name,
	const char *heading, int64_t n, const char *none);
