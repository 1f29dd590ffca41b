/* recurd.workers; see the header. */
#include "job/beat.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "db/fitness.h"
#include "db/rows.h"
#include "job/errand.h"
#include "job/zones.h"
#include "recur/zone.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/version.h"

#define ALIKE_MAX 4096

void heartbeat_init(struct heartbeat *heartbeat)
{
	*heartbeat = (struct heartbeat){ 0 };
	unsigned char bytes[16];
	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		mem_abort("getrandom gives no bytes");
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(heartbeat->id + 2 * i, 3, "%02x", bytes[i]);
	char host[256] = "unknown";
	gethostname(host, sizeof(host) - 1);
	heartbeat->name = mem_strdup(host);
}

const char *heartbeat_name(const struct heartbeat *heartbeat, const struct conf *conf)
{
	return conf->worker_name ? conf->worker_name : heartbeat->name;
}

void heartbeat_finish(struct heartbeat *heartbeat)
{
	free(heartbeat->name);
	heartbeat->name = NULL;
}

/* A worker that sleeps long is not presumed dead for it. */
static usec_t interval(const struct conf *conf)
{
	return conf->poll_interval > conf->heartbeat_interval ? conf->poll_interval
							      : conf->heartbeat_interval;
}

/* What it runs with, told anew each time: a reload or an upgrade of time zone data changes it. */
static void add_setup(const struct conf *conf, struct params *params)
{
	struct strbuf alike CLEANUP(strbuf_free) = STRBUF(ALIKE_MAX);
	char tzdata[ZONES_VERSION_MAX];
	conf_alike(conf, &alike);
	zones_version(tzdata);
	params_text(params, conf->file);
	params_text(params, *tzdata ? tzdata : NULL);
	params_text(params, alike.data);
}

/* The counters, and how late it is; null: it made nothing yet. */
static void add_figures(const struct job_shared *shared, struct strbuf *figures)
{
	usec_t late = spans_late_p99(&shared->spans);
	counters_json(&shared->counters, figures);
	figures->data[--figures->len] = '\0'; /* the brace */
	if (late < 0)
		strbuf_add_text(figures, ",\"late_p99_us\":null}");
	else
		strbuf_addf(figures, ",\"late_p99_us\":%" PRId64 "}", late);
}

static void add_params(const struct job_shared *shared, const struct conf *conf, usec_t live_since,
	struct params *params)
{
	const struct heartbeat *heartbeat = shared->heartbeat;
	struct strbuf figures CLEANUP(strbuf_free) = STRBUF(4096);
	add_figures(shared, &figures);
	params_text(params, heartbeat->id);
	params_utf8(params, heartbeat_name(heartbeat, conf));
	params_int4(params, (int32_t)getpid());
	params_text(params, recurd_version);
	params_int8(params, interval(conf));
	params_text(params, figures.data);
	params_int4(params, SCHEMA_LEVEL);
	add_setup(conf, params);
	params_instant(params, live_since);
	zonewatch_add(params);
}

/* A table, a column, a function or the schema: what is there is below our level, and the check of the session
 * that comes next says so. */
static bool is_missing(const char *sqlstate)
{
	static const char *const states[] = { "42P01", "42703", "42883", "3F000" };
	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		if (strcmp(sqlstate, states[i]) == 0)
			return true;
	return false;
}

/* Somebody switched row-level security on, so that we would see nothing and look healthy; a migration came
 * that we are too old for; or the schema was made anew, and what we remember is of the old one. */
static void take(struct errand *errand, const struct reply *reply, struct job_report *report)
{
	bool is_undone = reply->status == REPLY_FAILED && is_missing(reply->sqlstate);
	if (reply->status == REPLY_FAILED && !is_undone)
		errand_complain(LOG_WARNING, "heartbeat_failed", reply);
	report->unfit = is_undone;
	report->unfit_why = is_undone ? "a migration was undone" : "the database has changed";
	if (reply->status != REPLY_OK)
		return;
	const PGresult *result = reply->results[reply->n - 1];
	zonewatch_heard(errand->site.shared->zonewatch, row_bool(result, 0, 1));
	report->unfit = row_bool(result, 0, 0);
}

static void *start(const struct job *job, const struct job_site *site,
	const struct job_order *order, job_done_fn *done, void *arg)
{
	(void)job;
	(void)order;
	struct job_shared *shared = site->shared;
	struct errand *errand = errand_begin(site, ERRAND_WRITES, take, done, arg);
	zonewatch_look(shared->zonewatch);
	shared->settled =
		false; /* what was held last time, and what applications back-dated since */
	struct params params CLEANUP(params_free);
	params_init(&params);
	add_params(shared, site->conf, site->live_since, &params);
	conn_add(site->conn, QUERY_WORKER_BEAT, &params);
	shared->heartbeat->due_at = clock_monotonic() + interval(site->conf);
	errand_fly(errand);
	return errand;
}

void heartbeat_leave(struct heartbeat *heartbeat, struct conn *conn, reply_fn *fn, void *arg)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_text(&params, heartbeat->id);
	conn_add(conn, QUERY_WORKER_LEAVE, &params);
	conn_fly(conn, fn, arg);
}

static usec_t due(const struct job_shared *shared)
{
	return shared->heartbeat->due_at;
}

const struct job job_beat = { .name = "beat",
	.when = JOB_TIMED,
	.rank = JOB_AT_ONCE,
	.weight = 1,
	.tells = true,
	.due = due,
	.start = start,
	.destroy = errand_destroy };
