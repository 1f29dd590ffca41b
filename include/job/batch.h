/* batch: one short transaction, from BEGIN to the hint after COMMIT, for every kind of work.
 *
 *   begin, claim --(Sync)--> the job plans --> write --(Sync)--> the job logs --> COMMIT --> NOTIFY
 *        \____________________\______________ any failure: ROLLBACK ______________/
 *
 * The job drives it: batch_begin, its own conn_add, batch_fly; in its step function again, with
 * batch_write; then batch_commit or batch_abandon.  However it ends, `done` is called exactly once, as
 * the last thing, with what became of it; a flight's answer never comes before the call that sent it
 * returns.
 *
 * A careful job writes behind savepoints (writing.h): with batch_attempt a refusal of the server's is no
 * end, but an answer.
 * The timeouts are local to the transaction, in milliseconds on the server.
 */
#pragma once

#include <stdbool.h>

#include "db/conn.h"
#include "db/sqlstate.h"

enum batch_outcome {
	BATCH_COMMITTED,
	BATCH_NOTHING, /* abandoned by the job: nothing to do */
	BATCH_OUTDATED, /* rolled back: recurd.settings were written since they were read, or keys_from is another */
	BATCH_CONFLICT, /* a lock, a deadlock, a timeout: smaller, later */
	BATCH_ROW, /* the data of some row are to blame */
	BATCH_FAILED, /* the server cannot, or an administrator must act */
	BATCH_LOST, /* the session is gone; it may or may not have happened */
};

struct batch_settings {
	usec_t statement_timeout, lock_timeout, idle_timeout;
	const char *actor; /* in whose name it decides: recurd.actor */
	const char *search_path; /* quoted: what triggers of the application expect */
	bool repetitive; /* the same statements over and over: they are planned once */
	bool notify;
	int32_t schema_level; /* the newest migration that this binary knows */
	int64_t settings_version; /* of the settings that the job goes by */
	usec_t live_since; /* as the session found it */
};

struct batch_failure {
	char sqlstate[6];
	char statement[64];
	char object[128]; /* what refused, in the server's words: "constraint ck_x"; "": not told */
	char message[512];
	bool session_ends; /* it is of no more use */
};

typedef void batch_step_fn(void *job, const struct reply *reply);
typedef void batch_refused_fn(void *job);
typedef void batch_done_fn(void *job, enum batch_outcome outcome);

struct batch {
	struct conn *conn;
	const char *kind; /* for log lines: "generate", "remind" */
	struct batch_settings settings;
	batch_done_fn *done;
	void *job;
	void *stepper; /* whom step and refused are called with; NULL: the job itself */
	batch_step_fn *step;
	batch_refused_fn *refused; /* of the flight under way; NULL: a refusal is the end */
	unsigned session; /* that it began on */
	bool writes; /* the flight under way ends with tx_level */
	usec_t began_at; /* when BEGIN was sent, monotonic */
	usec_t now; /* business time of the transaction, once the first flight is home */
	usec_t keys_from; /* from which instant on keys begin with time (plan/identity.h); likewise */
	struct batch_failure failure; /* of the last outcome that was none of the first three */
	enum batch_outcome outcome;
	char *hint; /* NOTIFY's payload after COMMIT; NULL: none */
};

/* Adds BEGIN and the settings to a flight; their two results come first in the step's reply.
 * conn must be ready. */
void batch_begin(struct batch *batch, struct conn *conn, const char *kind,
	const struct batch_settings *settings, batch_done_fn *done, void *job);
#define BATCH_BEGIN_RESULTS 2
/* Sends what was added; step is called when all of it succeeded. */
void batch_fly(struct batch *batch, batch_step_fn *step);
/* The same for what writes, the last before batch_commit: not on a schema that we are too old for, and not
 * by settings, or with keys, that are no longer in force. */
void batch_write(struct batch *batch, batch_step_fn *step);
/* The same for what may be refused: then `refused` is called in place of step, batch->failure says
 * why, and the transaction is to be taken back to its savepoint. */
void batch_attempt(struct batch *batch, batch_step_fn *step, batch_refused_fn *refused);
/* hint: NOTIFY's payload, below 8,000 bytes, copied; NULL: none. */
void batch_commit(struct batch *batch, const char *hint);
void batch_abandon(struct batch *batch);
/* Rolls back; the outcome is that of batch->failure. */
void batch_give_up(struct batch *batch);
/* Rolls back as after an error of the server's with that SQLSTATE. */
void batch_refuse(struct batch *batch, const char *sqlstate, const char *why);

/* A job that lets the loop have its turn inside a batch asks afterwards whether the session still
 * stands, and gives the batch up if not. */
bool batch_alive(const struct batch *batch);
void batch_lose(struct batch *batch);

/* For a flight of the job's own beside the transaction. */
struct conn_limits batch_limits(const struct batch *batch);
/* Frees what a batch holds whose connection is being destroyed; done does not come any more. */
void batch_clear(struct batch *batch);
void batch_failure_take(struct batch_failure *failure, const struct reply *reply);

/* Business time at this moment, by the transaction's clock and ours since. */
usec_t batch_clock(const struct batch *batch);
/* event=batch_failed, at error level: what, why, and when it is tried again. */
void batch_log_failure(const char *kind, const struct batch_failure *failure, usec_t retry);
