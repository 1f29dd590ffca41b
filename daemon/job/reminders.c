/* Rows of recurd.reminders that are due; see job/remind.h. */
#include "job/remind.h"
#include "job/remind_private.h"

static const struct remind_source source = { .several = true,
	.claim = QUERY_REMINDERS_CLAIM,
	.claim_fair = QUERY_REMINDERS_CLAIM_FAIR,
	.claim_waiting = QUERY_REMINDERS_CLAIM_WAITING,
	.write = QUERY_REMINDERS_WRITE,
	.left = QUERY_REMINDERS_LEFT };

static void *start(const struct job *job, const struct job_site *site,
	const struct job_order *order, job_done_fn *done, void *arg)
{
	return remind_start(&source, job, site, order, done, arg);
}

const struct job job_reminders = { .name = "reminders",
	.fair = true,
	.rank = JOB_IN_TURN,
	.weight = 8,
	.shared = true,
	.prompt = true,
	.start = start,
	.destroy = remind_destroy };
const struct job job_retry_reminders = { .name = "retry reminders",
	.rank = JOB_IN_TURN,
	.weight = 1,
	.retries = &job_reminders,
	.start = start,
	.destroy = remind_destroy };
