/* poll: what is due, and when the next thing will be; the scheduler reads the answer (svc/scheduler.c). */
#include "job/errand.h"

extern const struct job job_poll;

static void take(struct errand *errand, const struct reply *reply, struct job_report *report)
{
	counter_add(&errand->site.shared->counters, COUNTER_POLLS, 1);
	if (reply->status == REPLY_OK)
		report->polled = reply->results[reply->n - 1];
}

static void *start(const struct job *job, const struct job_site *site,
	const struct job_order *order, job_done_fn *done, void *arg)
{
	(void)job;
	struct errand *errand = errand_begin(site, ERRAND_ASKS, take, done, arg);
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_instant(&params, order->from > site->live_since ? order->from : site->live_since);
	params_instant(&params, order->from_generate);
	params_instant(&params, order->from_reminders);
	conn_add(site->conn, QUERY_POLL, &params);
	errand_fly(errand);
	return errand;
}

static usec_t due(const struct job_shared *shared)
{
	return shared->poll_at;
}

const struct job job_poll = { .name = "poll",
	.when = JOB_TIMED,
	.rank = JOB_POLL,
	.weight = 1,
	.tells = true,
	.due = due,
	.start = start,
	.destroy = errand_destroy };
