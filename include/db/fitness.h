/* fitness: may we work on this database?  Asked on every new session, before anything else.
 *
 * A standby, a missing migration, an invalid index, a view in a table's place, a rule that rewrites what
 * we write, or row-level security that would blind us are reasons to wait and ask again; a schema that
 * says it is too new for this binary is a reason to stop.  The first worker that ever passes stores
 * live_since.
 */
#pragma once

#include "db/conn.h"

/* The newest migration that this binary knows; recurd-next, for tests of upgrades, knows one more. */
#ifndef SCHEMA_LEVEL_AHEAD
#define SCHEMA_LEVEL_AHEAD 0
#endif
#define SCHEMA_LEVEL (50 + SCHEMA_LEVEL_AHEAD)

enum fitness_verdict {
	FITNESS_GOOD,
	FITNESS_WAIT, /* an administrator must act, or another host must take over */
	FITNESS_INCOMPATIBLE,
	FITNESS_LOST, /* the session broke; the connection comes back by itself */
};

struct fitness_report {
	enum fitness_verdict verdict;
	char why[1024];
	usec_t deadlock_timeout;
	usec_t live_since;
	bool first; /* nobody ever was at work here before: live_since is from this session */
	bool keys_differ; /* there are events under keys that we would not give them */
};

typedef void fitness_done_fn(void *arg, const struct fitness_report *report);

struct fitness {
	struct conn *conn;
	const char *app_schema;
	struct conn_limits limits;
	fitness_done_fn *done;
	void *arg;
	struct fitness_report report;
};

/* The struct is the caller's and must live until done, which comes exactly once. */
void fitness_check(struct fitness *fitness, struct conn *conn, const char *app_schema,
	struct conn_limits limits, fitness_done_fn *done, void *arg);
