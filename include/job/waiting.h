/* waiting: rows that could not be served, on their way into recurd.waiting, and the words about them.
 *
 * A cause is what many rows may have in common: "held", "killing 57P01" (without a code, where the server may
 * have crashed), or the SQLSTATE and what refuses, as
 * the server names it ("23514 constraint ck_tasks_x", "P0001 function refuse_archived()"), or the time zone that
 * a worker lacks ("time zone Europe/Kyiv").  Never texts
 * from rows: those are in the reason, which the log escapes.
 *
 * Owner: waiting_clear.  All texts are copied.
 */
#pragma once

#include "db/conn.h"
#include "job/batch.h"
#include "job/hunt.h"
#include "job/tell.h"

#define WAITING_ZONE "time zone " /* what a cause begins with */

struct waiting_row {
	char *id, *user_id; /* user_id may be NULL */
	usec_t at; /* when it was due */
	struct row_place place;
	enum waiting_why why;
	char *cause, *reason;
	char sqlstate[6];
};

struct waiting {
	struct waiting_row *rows;
	size_t n, size;
};

void waiting_clear(struct waiting *waiting);
/* The texts of id and user_id are copied; cause and reason come from the failure of that row alone. */
void waiting_note(struct waiting *waiting, const char *id, const char *user_id, usec_t at,
	struct row_place place, enum waiting_why why, const struct batch_failure *failure);

/* It is the time zone data of a worker: others may serve what waits. */
bool waiting_is_elsewhere(const char *cause);
/* Those that do not wait for a lock. */
size_t waiting_count_refused(const struct waiting *waiting);

/* Adds the statement that records them; nothing where there are none. */
void waiting_add(const struct waiting *waiting, const char *kind, struct conn *conn);
/* Adds the statement that ends the waiting of some. */
void waiting_done(const char *kind, const char *const *ids, size_t n, struct conn *conn);

/* A line each, within a budget for all kinds; NULL: at debug level, because they waited before.  named:
 * "template" or "task".  reminder: of such a task, as an event of its own. */
void waiting_log(
	const struct waiting *waiting, const char *named, bool reminder, struct tell_rate *rate);
