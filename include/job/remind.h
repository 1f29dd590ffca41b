/* remind: due reminders become notifications; settle: those from before recurd was there are marked.
 *
 * One batch claims up to batch_size pending reminders, oldest first, gives each its key (job/events.h), marks them
 * handled and writes one row of recurd.notifications each, in one statement; then one log line each, COMMIT, one
 * NOTIFY.  A reminder whose row an application holds is skipped and comes with a later batch.
 *
 * Reminders whose instant lies before live_since are settled: marked in the same way, without a word.
 */
#pragma once

#include "job/job.h"

extern const struct job job_remind, job_settle, job_retry_remind, job_retry_settle;
