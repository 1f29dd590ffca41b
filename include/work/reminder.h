/* reminder: due reminders become notifications.
 *
 * One batch takes up to `limit` pending reminders, oldest first, marks them handled and writes one row
 * of recurd.notifications each, in one statement; then one log line each, COMMIT, one NOTIFY.
 * A reminder whose row an application holds is skipped and comes with a later batch.
 */
#pragma once

#include "work/batch.h"
#include "work/tell.h"

struct reminder;

struct reminder_report {
	enum batch_outcome outcome;
	const struct batch_failure *failure; /* of a bad outcome */
	size_t told;
	bool full; /* as many as may be in a batch: there is plenty */
	bool settling; /* it was a batch of silent settling, not of telling */
};

typedef void reminder_done_fn(void *arg, const struct reminder_report *report);

struct reminder *reminder_create(struct tell_rate *rate);
void reminder_destroy(struct reminder *reminder); /* only when no batch is under way */

/* One batch on a ready connection; done comes later, exactly once, as its last act. */
void reminder_run(struct reminder *reminder, struct conn *conn,
	const struct batch_settings *settings, usec_t live_since, size_t limit,
	reminder_done_fn *done, void *arg);
/* One batch of marking reminders from before live_since handled; told counts them. */
void reminder_settle(struct reminder *reminder, struct conn *conn,
	const struct batch_settings *settings, size_t limit, reminder_done_fn *done, void *arg);
