/* beat: this worker's row in recurd.workers, every heartbeat_interval.
 *
 * With it come the looks at what may have changed meanwhile: files of time zones, whether this role still sees
 * all rows, whether a migration has come that we are too old for or the
 * schema was made anew, reminders from before live_since.
 */
#pragma once

#include "job/job.h"

extern const struct job job_beat;

struct heartbeat {
	char id[33]; /* drawn at start */
	char *name;
	usec_t due_at; /* monotonic */
};

void heartbeat_init(struct heartbeat *heartbeat);
/* Of the worker, as people know it. */
const char *heartbeat_name(const struct heartbeat *heartbeat, const struct conf *conf);
void heartbeat_finish(struct heartbeat *heartbeat);
/* The farewell, on a connection with a flight begun that writes: removes the row. */
void heartbeat_leave(struct heartbeat *heartbeat, struct conn *conn, reply_fn *fn, void *arg);
