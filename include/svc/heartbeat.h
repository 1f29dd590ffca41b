/* heartbeat: this worker's row in recurd.workers, and the housekeeping that comes with it.
 *
 * Due every heartbeat_interval; the scheduler sends it when the connection is free.  One flight a
 * beat; where notification_retention is set, another that removes old notifications and decisions, a
 * bounded number of them.
 */
#pragma once

#include <stdbool.h>

#include "conf/conf.h"
#include "db/conn.h"

struct heartbeat {
	char id[33]; /* drawn at start */
	char *name;
	int64_t generated, reminded, quarantined; /* since the start */
	usec_t due_at; /* monotonic */
};

void heartbeat_init(struct heartbeat *heartbeat);
void heartbeat_finish(struct heartbeat *heartbeat);

/* A beat's flight; fn gets the reply.  Sets the next due_at. */
void heartbeat_send(struct heartbeat *heartbeat, struct conn *conn, const struct conf *conf,
	usec_t monotonic, reply_fn *fn, void *arg);
void heartbeat_prune(struct conn *conn, const struct conf *conf, reply_fn *fn, void *arg);
/* The farewell: removes the row. */
void heartbeat_leave(struct heartbeat *heartbeat, struct conn *conn, reply_fn *fn, void *arg);
