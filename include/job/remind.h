/* remind: due reminders become notifications; settle: those from before recurd was there are marked.
 *
 * A task has one in its column remind_at (remind), and any number in recurd.reminders (reminders).  These are two jobs
 * with a turn, a flood and troubles of their own each, so that neither waits for the other; their course is the same.
 *
 * One batch claims up to batch_size pending reminders, oldest first, gives each its key (job/events.h), marks them
 * handled and writes one row of recurd.notifications each, in one statement; then one log line each, COMMIT, one
 * NOTIFY.  A reminder whose row an application holds is skipped and comes with a later batch.
 *
 * Reminders whose instant lies before live_since are settled: marked in the same way, without a word.  So is a row of
 * recurd.reminders whose task is complete, or gone, when it is due.
 *
 * The key of a row of recurd.reminders is recurd.notification_key('reminder/ID', task, instant), and its notification
 * names it in reminder_id.
 */
#pragma once

#include "job/job.h"

extern const struct job job_remind, job_settle, job_retry_remind, job_retry_settle;
extern const struct job job_reminders, job_retry_reminders;
