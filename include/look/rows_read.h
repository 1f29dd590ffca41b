/* rows_read: rows of the statements of daemon/sql/web/ for rows.h.  Texts belong to `texts`; of titles nothing is kept
 * where whoever looks may not see them.
 */
#pragma once

#include "look/texts.h"
#include "look/verdict.h"
#include "plan/template.h"

/* Columns of web_templates.sql. */
enum template_column {
	TEMPLATE_TITLE,
	TEMPLATE_DESCRIPTION,
	TEMPLATE_FAILED_AT,
	TEMPLATE_FAILURE,
	TEMPLATE_PAUSED_UNTIL,
	TEMPLATE_BY_POLICIES,
	TEMPLATE_FIRST, /* of template_row.h: id, user, rule, next_due_at, starts_local, ... */
	TEMPLATE_ACTIVE = TEMPLATE_FIRST + 14,
	TEMPLATE_ZONE,
};

/* false: the database's clock is none. */
bool read_figures(const PGresult *result, struct texts *texts, struct figures *ret_figures,
	usec_t *ret_now) NODISCARD;
void read_minutes(const PGresult *result, struct minute minutes[static 2 * NOW_MINUTES]);
/* The caller frees the rows. */
struct upcoming_row *read_upcoming(
	const PGresult *result, struct texts *texts, bool titles, size_t *ret_n);
struct quarantine_row *read_quarantine(
	const PGresult *result, struct texts *texts, bool titles, size_t *ret_n);
struct decision_row *read_decisions(const PGresult *result, struct texts *texts, size_t *ret_n);
