/* simulate: what a clock that runs ahead brings, on its way to standard output: one after the other, as the load
 * of each hour, or as a calendar.
 */
#pragma once

#include "ctl/load.h"
#include "ctl/table.h"
#include "plan/simulate.h"

enum foretell_form { FORETELL_EVENTS, FORETELL_LOAD, FORETELL_CALENDAR };

/* Columns of ctl_simulate_open.sql and ctl_simulate_reminders_open.sql. */
enum { SIM_TITLE, SIM_PRIORITY, SIM_FAILED, SIM_FAILURE, SIM_PAUSED_UNTIL, SIM_TEMPLATE };
enum { REM_TASK, REM_USER, REM_TEMPLATE, REM_AT, REM_DUE, REM_TITLE, REM_PRIORITY };

struct foretelling {
	enum foretell_form form;
	bool json;
	usec_t now, from, to;
	const struct simulate_span *span;
	struct table *table; /* of events */
	struct load load;
	int64_t templates, quarantined; /* simulated; of them, in quarantine by then */
	/* Of the template whose turn it is. */
	const char *title, *priority;
};

void foretell_begin(struct foretelling *f);
/* whole: nothing broke off. */
void foretell_end(struct foretelling *f, bool whole);
/* For simulate_run, with a foretelling as its context. */
void foretell_look(void *foretelling, const struct simulate_look *look);
/* A template that nobody looks at. */
void foretell_idle(
	struct foretelling *f, const struct template *row, const char *kind, const char *why);
/* A row of ctl_simulate_reminders_open.sql, told at that instant. */
void foretell_reminder(struct foretelling *f, const PGresult *result, int row, usec_t at);
