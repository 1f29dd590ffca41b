/* prune: old notifications and decisions go, a bounded number with each run, unless notification_retention is
 * 0; so do old changes, by audit_retention.  Due every heartbeat_interval.  Where more is old than runs of before would have left, as in a database that was
 * kept for ever, the first run only tells what will go and how to keep it. */
#include "db/rows.h"
#include "job/errand.h"
#include "util/clock.h"
#include "util/duration.h"
#include "util/log.h"

#define PRUNE_LIMIT  10000
#define BACKLOG_LATE (86400 * USEC_PER_SEC) /* behind its time; whoever prunes is not that late */
#define BACKLOG_MAX  1000000 /* counted */

extern const struct job job_prune;

static void take(struct errand *errand, const struct reply *reply, struct job_report *report)
{
	(void)report;
	(void)errand;
	if (reply->status == REPLY_FAILED)
		errand_complain(LOG_WARNING, "heartbeat_failed", reply);
}

static void tell_backlog(const struct settings *settings, int64_t rows)
{
	struct strbuf kept CLEANUP(strbuf_free) = STRBUF(ERR_TEXT_MAX);
	struct log_line line;
	duration_format(settings->notification_retention, &kept);
	log_begin(&line, LOG_NOTICE, "prune");
	log_int(&line, "rows", rows);
	log_text(&line, "older_than", kept.data);
	log_text(&line, "reason",
		"from now on notifications of that age are deleted, and these are there already; "
		"to "
		"keep them: recurctl settings set notification_retention 0");
	log_end(&line);
}

static void take_backlog(
	struct errand *errand, const struct reply *reply, struct job_report *report)
{
	take(errand, reply, report);
	if (reply->status != REPLY_OK)
		return;
	int64_t rows = row_int8(reply->results[reply->n - 1], 0, 0);
	errand->site.shared->prune_told = true;
	if (rows > 0)
		tell_backlog(errand->site.settings, rows);
	else
		errand->site.shared->prune_at = 0;
}

static void *look(const struct job_site *site, job_done_fn *done, void *arg)
{
	struct errand *errand = errand_begin(site, ERRAND_ASKS, take_backlog, done, arg);
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_int8(&params, site->settings->notification_retention + BACKLOG_LATE);
	params_int8(&params, BACKLOG_MAX);
	conn_add(site->conn, QUERY_PRUNE_BACKLOG, &params);
	errand_fly(errand);
	return errand;
}

/* retention: 0: for ever. */
static void prune(struct conn *conn, enum query_id query, usec_t retention)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_int8(&params, retention);
	params_int8(&params, PRUNE_LIMIT);
	if (retention > 0)
		conn_add(conn, query, &params);
}

static void *start(const struct job *job, const struct job_site *site,
	const struct job_order *order, job_done_fn *done, void *arg)
{
	(void)job;
	(void)order;
	site->shared->prune_at = clock_monotonic() + site->conf->heartbeat_interval;
	if (!site->shared->prune_told && site->settings->notification_retention > 0)
		return look(site, done, arg);
	struct errand *errand = errand_begin(site, ERRAND_WRITES, take, done, arg);
	prune(site->conn, QUERY_NOTIFICATIONS_PRUNE, site->settings->notification_retention);
	prune(site->conn, QUERY_DECISIONS_PRUNE, site->settings->notification_retention);
	prune(site->conn, QUERY_BACKFILLS_PRUNE, site->settings->notification_retention);
	prune(site->conn, QUERY_CHANGES_PRUNE, site->settings->audit_retention);
	errand_fly(errand);
	return errand;
}

static usec_t due(const struct job_shared *shared)
{
	const struct settings *settings = shared->settings;
	bool keeps = !settings ||
		     (settings->notification_retention == 0 && settings->audit_retention == 0);
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
