/* simulate: what a clock that runs ahead brings, on its way to standard output: one after the other, as the load
 * of each hour, or as a calendar.
 */
#pragma once

#include "ctl/load.h"
#include "ctl/table.h"
#include "plan/simulate.h"

enum foretell_form { FORETELL_EVENTS, FORETELL_LOAD, FORETELL_CALENDAR };

/* Columns of ctl_simulate_open.sql and ctl_simulate_reminders_open.sql. */
enum {
	SIM_TITLE,
	SIM_PRIORITY,
	SIM_FAILED,
	SIM_FAILURE,
	SIM_PAUSED_UNTIL,
	SIM_MADE_TODAY,
	SIM_TEMPLATE
};
enum { REM_TASK, REM_USER, REM_TEMPLATE, REM_AT, REM_DUE, REM_TITLE, REM_PRIORITY, REM_ID };

/* Of the user whose turn it is, while there is a limit a day: what was made on each day from today on. */
struct foretell_allowance {
	int64_t limit; /* 0: none */
	char *user;
	int64_t made[LOAD_DAYS_MAX + 2];
};

/* Reminders of a task that may give way to the next one before they come. */
struct foretell_held {
	usec_t set[POLICIES_REMINDERS_MAX];
	size_t n;
	usec_t made_at, due;
	char task[INSTANCE_ID_SIZE];
	char *title, *priority;
};

/* A task that is there already, and gives way to another. */
struct foretell_superseded {
	char *task;
	usec_t at;
};

struct foretelling {
	enum foretell_form form;
	bool json;
	usec_t now, from, to;
	usec_t live_since; /* of reminders from before that nobody is told */
	const struct simulate_span *span;
	struct table *table; /* of events */
	struct load load;
	int64_t templates, quarantined; /* simulated; of them, in quarantine by then */
	/* Of the template whose turn it is. */
	const char *title, *priority;
	struct foretell_held held;
	struct foretell_superseded
		*superseded; /* in the order of the tasks, once the templates are told */
	size_t superseded_n, superseded_size;
	struct foretell_allowance allowance;
};

void foretell_begin(struct foretelling *f);
/* whole: nothing broke off. */
void foretell_end(struct foretelling *f, bool whole);
/* For simulate_run, with a foretelling as its context. */
void foretell_look(void *foretelling, const struct simulate_look *look);
/* A template's turn: its user's allowance goes on, or begins with what was made today.  And it is over: what was held
 * back is told. */
void foretell_turn(struct foretelling *f, const char *user, int64_t made_today);
void foretell_turned(struct foretelling *f, const struct template *row);
/* For simulate_span, with a foretelling as its context. */
size_t foretell_allow(void *foretelling, usec_t now);
/* A template that nobody looks at. */
void foretell_idle(
	struct foretelling *f, const struct template *row, const char *kind, const char *why);
/* All templates are told: reminders are next. */
void foretell_templates_end(struct foretelling *f);
/* A row of ctl_simulate_reminders_open.sql, told at that instant. */
void foretell_reminder(struct foretelling *f, const PGresult *result, int row, usec_t at);
