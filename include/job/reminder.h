/* reminder: due reminders become notifications.
 *
 * One batch takes up to `limit` pending reminders, oldest first, marks them handled and writes one row
 * of recurd.notifications each, in one statement; then one log line each, COMMIT, one NOTIFY.
 * A reminder whose row an application holds is skipped and comes with a later batch.  One that the
 * server refuses to mark (a trigger or a constraint of the application's), or over which the session
 * ends each time, is looked for in ever smaller batches and waits by itself, tried again at growing
 * intervals: it holds up nobody.
 */
#pragma once

#include "job/batch.h"
#include "job/parking.h"
#include "job/tell.h"

struct reminder;

struct reminder_options {
	size_t limit; /* reminders in a batch */
	usec_t live_since; /* earlier ones are settled, not told */
	usec_t from; /* not before live_since: nothing older is wanted */
	usec_t oldest; /* not before live_since: nothing older is due; for whom waits alone */
};

struct reminder_report {
	enum batch_outcome outcome;
	const struct batch_failure *failure; /* of a bad outcome */
	size_t told; /* or settled */
	bool again; /* there is more to do at once */
	bool full; /* as many as may be in a batch: there is plenty */
	bool settling; /* it was a batch of silent settling, not of telling */
};

typedef void reminder_done_fn(void *arg, const struct reminder_report *report);

/* rate and parking (of tasks) are shared by the reminders of a process, and outlive them. */
struct reminder *reminder_create(struct tell_rate *rate, struct parking *parking);
void reminder_destroy(struct reminder *reminder); /* no callback comes any more */

/* One batch on a ready connection, of reminders that are not older than `from`; done comes later, exactly
 * once, as its last act. */
void reminder_run(struct reminder *reminder, struct conn *conn,
	const struct batch_settings *settings, const struct reminder_options *options,
	reminder_done_fn *done, void *arg);
/* One batch of marking reminders from before live_since handled. */
void reminder_settle(struct reminder *reminder, struct conn *conn,
	const struct batch_settings *settings, const struct reminder_options *options,
	reminder_done_fn *done, void *arg);
