/* remind: due reminders become notifications; settle: those from before recurd was there are marked.
 *
 * One batch takes up to batch_size pending reminders, oldest first, marks them handled and writes one row
 * of recurd.notifications each, in one statement; then one log line each, COMMIT, one NOTIFY.
 * A reminder whose row an application holds is skipped and comes with a later batch.  A careful batch
 * (job/run.h) claims first and writes then, so that what the server refuses is known by name.
 *
 * Reminders whose instant lies before live_since are settled: marked in the same way, without a word.
 */
#pragma once

#include "job/job.h"

extern const struct job job_remind, job_settle, job_retry_remind, job_retry_settle;
