/* migrator: what the verbs of `recurctl migrate` share: the connection, the locks, the records.
 *
 * Protocol.  One migrator at a time, by an advisory lock that is tried again and again with no
 * transaction open: one that waited inside a transaction would make a concurrent index build wait for
 * it, and both for ever.  Below that, every transaction of a step takes LOCK recurd.migrations and
 * reads the step's record again.  Locks on the application's tables are waited for MIGRATE_LOCK_TIMEOUT
 * at a time, so that no write queues behind a migration for longer.
 *
 * recurd.migrations is made before step 1: a row a step, inserted when it begins, applied_at set when
 * it is done.  An interrupted step (only those that build indexes concurrently can be) goes on later.
 */
#pragma once

#include <libpq-fe.h>
#include <stdbool.h>

#include "ctl/ctl.h"
#include "ctl/migrate/migration.h"
#include "ctl/migrate/report.h"
#include "ctl/migrate/script.h"
#include "db/session.h"
#include "util/err.h"

#define MIGRATE_LOCK_TIMEOUT "2s"
#define MIGRATE_ATTEMPTS     60

struct migrator {
	struct session *session;
	struct migration_set set;
	struct report report;
	const char *app_schema;
	const char *conninfo, *password_file; /* for a second look at who keeps us waiting */
	int attempts;
	bool accept_changes;
	bool convert; /* known shapes of the application's tables are brought to the one expected */
	const char *zone; /* of times without one; NULL: not said */
	bool keeps; /* a step that fails takes no other step back */
	/* migrator.c alone: */
	struct session *watcher;
	char sqlstate[6];
	struct err blockers; /* who kept the last statement waiting; "" */
	bool looks; /* the last one that failed was a look at what is there */
};

struct record {
	int number;
	char *name, *checksum;
	char *accepted; /* deviations accepted at adoption, a line each; NULL: none */
	bool adopted; /* its objects were there before recurd came */
	bool finished;
	usec_t applied_at;
};

struct records {
	struct record *rows; /* by number */
	size_t n;
};

/* Checks that this is a direct connection, and one to the primary if it writes; sets search_path and
 * timeouts. */
bool migrator_prepare(struct migrator *migrator, bool writes, struct err *err) NODISCARD;
void migrator_finish(struct migrator *migrator);
/* Returns when no other migrator is at work. */
bool migrator_lock(struct migrator *migrator, struct err *err) NODISCARD;
/* recurd.migrations is there afterwards. */
bool migrator_bootstrap(struct migrator *migrator, struct err *err) NODISCARD;

/* One statement or several, without parameters; ret_result may be NULL.  Tells who keeps it waiting. */
bool migrator_exec(struct migrator *migrator, const char *sql, PGresult **ret_result,
	struct err *err) NODISCARD;
/* What a verify or check file raises, without a statement that fails on the server, whose log is others' to
 * read: the block runs inside one that catches it.  ret_raised: free it; NULL: nothing; ret_sqlstate goes with
 * it, "P0001" where it is the block's own word.  false: the link broke, or it was cancelled. */
bool migrator_look(struct migrator *migrator, const char *block, char **ret_raised,
	char ret_sqlstate[static 6], struct err *err) NODISCARD;
/* A statement of a step's file: err names the file, the line, and what to do. */
bool migrator_run(struct migrator *migrator, const char *file, const struct statement *statement,
	struct err *err) NODISCARD;
/* An embedded statement whose result does not matter. */
bool migrator_query(struct migrator *migrator, enum query_id id, const struct params *params,
	struct err *err) NODISCARD;
/* The last failure was a lock that somebody else held: the same again may succeed. */
bool migrator_is_blocked(const struct migrator *migrator);
/* The last failure was the server's, or a lock's, not that of what was asked of it: the connection is
 * lost, or it has no room, or is shutting down. */
bool migrator_is_cut_off(const struct migrator *migrator);
/* The last failure was for want of a right. */
bool migrator_is_denied(const struct migrator *migrator);
/* Who may not change what is in schema recurd is told whose it is. */
bool migrator_check_owner(struct migrator *migrator, struct err *err) NODISCARD;
/* Begins a transaction of a step. */
bool migrator_begin(struct migrator *migrator, struct err *err) NODISCARD;
bool migrator_commit(struct migrator *migrator, struct err *err) NODISCARD;
void migrator_rollback(struct migrator *migrator);
/* Tries until it returns true, or fails for another reason than locks, or too often. */
typedef bool migrator_step_fn(
	struct migrator *migrator, const struct migration *step, void *arg, struct err *err);
bool migrator_retry(struct migrator *migrator, const struct migration *step, migrator_step_fn *fn,
	void *arg, struct err *err) NODISCARD;

/* Empty where there is no table recurd.migrations. */
bool records_read(
	struct migrator *migrator, struct records *ret_records, struct err *err) NODISCARD;
void records_free(struct records *records);
const struct record *records_find(const struct records *records, int number);

/* What the database has of a step. */
struct finding {
	bool present; /* its objects are there, at least in part */
	bool leave; /* it is none of recurd's business here */
	bool needed; /* among the problems is one ("[needed]") that up does not make good */
	char *problems; /* of its verify file, a line each; NULL: none */
};

/* Inside a transaction, which goes on whatever the answer. */
bool finding_read(struct migrator *migrator, const struct migration *step,
	struct finding *ret_finding, struct err *err) NODISCARD;
void finding_free(struct finding *finding);

/* The verbs. */
bool migrate_up(struct migrator *migrator, int to, const char *with, struct err *err) NODISCARD;
/* ret_ok: false when up would be refused. */
bool migrate_up_plan(struct migrator *migrator, int to, const char *with, bool *ret_ok,
	struct err *err) NODISCARD;
/* ret_ok: false when something is missing still, or with dry_run would be. */
bool migrate_repair(struct migrator *migrator, bool new_tables, bool dry_run, bool *ret_ok,
	struct err *err) NODISCARD;
/* ret_ok: false when something is missing. */
bool migrate_verify(struct migrator *migrator, int to, bool *ret_ok, struct err *err) NODISCARD;
bool migrate_status(struct migrator *migrator, struct err *err) NODISCARD;
