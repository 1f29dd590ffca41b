/* template_row: a template from a row of a result; all that plan knows of libpq.
 *
 * The columns are those of daemon/sql/template_columns.part, which statements have as
 * "{template columns}", and after them the user's time zone.
 */
#pragma once

#include <libpq-fe.h>

#include "plan/template.h"

#define TEMPLATE_COLUMNS 16 /* with the time zone */

#define POLICIES_COLUMNS 13

/* first: the column of the template's id.  Texts belong to the result.  policies is NULL. */
void template_row_read(const PGresult *result, int row, int first, struct template *ret_template);
/* first: of the columns of daemon/sql/plan/policy_columns.part, "{policy columns}".  false: the template has no row
 * of policies, and all is unset but wake_at. */
bool policies_row_read(
	const PGresult *result, int row, int first, struct policies *ret_policies) NODISCARD;
