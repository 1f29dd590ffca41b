/* prune: old notifications and decisions go, a bounded number with each run, unless notification_retention is
 * 0.  Due every heartbeat_interval. */
#include "job/errand.h"
#include "util/clock.h"
#include "util/log.h"

#define PRUNE_LIMIT 10000

extern const struct job job_prune;

static void take(struct errand *errand, const struct reply *reply, struct job_report *report)
{
	(void)report;
	(void)errand;
	if (reply->status == REPLY_FAILED)
		errand_complain(LOG_WARNING, "heartbeat_failed", reply);
}

static void *start(const struct job *job, const struct job_site *site,
	const struct job_order *order, job_done_fn *done, void *arg)
{
	(void)job;
	(void)order;
	site->shared->prune_at = clock_monotonic() + site->conf->heartbeat_interval;
	struct errand *errand = errand_begin(site, ERRAND_WRITES, take, done, arg);
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_int8(&params, site->settings->notification_retention);
	params_int8(&params, PRUNE_LIMIT);
	conn_add(site->conn, QUERY_NOTIFICATIONS_PRUNE, &params);
	conn_add(site->conn, QUERY_DECISIONS_PRUNE, &params);
	errand_fly(errand);
	return errand;
}

static usec_t due(const struct job_shared *shared)
{
	bool keeps = !shared->settings || shared->settings->notification_retention == 0;
	return keeps ? INT64_MAX : shared->prune_at;
}

const struct job job_prune = { .name = "prune",
	.when = JOB_TIMED,
	.rank = JOB_IN_TURN,
	.weight = 1,
	.tells = true,
	.due = due,
	.start = start,
	.destroy = errand_destroy };
