/* One connection's life and work; see the header. */
#include "svc/lane.h"

#include <stdlib.h>
#include <string.h>

#include "db/conninfo.h"
#include "db/sqlstate.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"

#define UNFIT_TOLD_EVERY (60 * USEC_PER_SEC) /* looked at every few seconds, perhaps for hours */

static const char *const state_names[] = { "offline", "checking", "idle", "busy" };

const char *lane_state_name(enum lane_state state)
{
	return state_names[state];
}

static void enter(struct lane *lane, enum lane_state state)
{
	bool work = lane->state >= LANE_IDLE && state >= LANE_IDLE;
	if (state != lane->state && !work) { /* idle and busy alternate with every batch */
		struct log_line line;
		log_begin(&line, LOG_DEBUG, "lane_state");
		log_text(&line, "host", conn_endpoint(lane->conn));
		log_text(&line, "from", state_names[lane->state]);
		log_text(&line, "to", state_names[state]);
		log_end(&line);
	}
	lane->state = state;
}

/* ---- the session ---- */

/* When both an application and we wait, the application must not be the victim. */
static void limit_lock_timeout(struct lane *lane)
{
	usec_t limit = lane->fit.deadlock_timeout / 3 - USEC_PER_MSEC;
	lane->limits.lock_timeout = lane->lock_timeout;
	if (lane->limits.lock_timeout > limit)
		lane->limits.lock_timeout = limit > USEC_PER_MSEC ? limit : USEC_PER_MSEC;
}

static void tell_unfit(struct lane *lane, const char *why)
{
	usec_t now = clock_monotonic();
	struct err text;
	err_set(&text, "%s", why);
	bool told = strcmp(lane->unfit.text, text.text) == 0 &&
		    now - lane->unfit_told_at < UNFIT_TOLD_EVERY;
	log_msg(told ? LOG_DEBUG : LOG_ERR, "database_unfit", "%s", why);
	if (told)
		return;
	lane->unfit = text;
	lane->unfit_told_at = now;
}

static void on_fit(void *arg, const struct fitness_report *report)
{
	struct lane *lane = arg;
	switch (report->verdict) {
	case FITNESS_GOOD:
		lane->fit = *report;
		lane->unfit = (struct err){ 0 };
		limit_lock_timeout(lane);
		conn_settled(lane->conn);
		enter(lane, LANE_IDLE);
		lane->callbacks.idle(lane->callbacks.arg, lane);
		break;
	case FITNESS_WAIT:
		tell_unfit(lane, report->why);
		enter(lane, LANE_OFFLINE);
		conn_retry(lane->conn, report->why);
		lane->callbacks.unfit(lane->callbacks.arg, lane, report);
		break;
	case FITNESS_INCOMPATIBLE:
		enter(lane, LANE_OFFLINE);
		lane->callbacks.unfit(lane->callbacks.arg, lane, report);
		break;
	case FITNESS_LOST:
		enter(lane, LANE_OFFLINE);
		break;
	}
}

static void on_ready(void *arg)
{
	struct lane *lane = arg;
	enter(lane, LANE_CHECKING);
	fitness_check(&lane->fitness, lane->conn, lane->app_schema, lane->limits, on_fit, lane);
}

static void go_offline(struct lane *lane)
{
	enter(lane, LANE_OFFLINE);
	lane->callbacks.offline(lane->callbacks.arg, lane);
}

static void on_lost(void *arg)
{
	struct lane *lane = arg;
	if (lane->state != LANE_BUSY) /* a batch that was thinking notices by itself */
		go_offline(lane);
}

static void on_failed(void *arg, const char *why)
{
	struct lane *lane = arg;
	lane->callbacks.unreachable(lane->callbacks.arg, lane, why);
}

struct conn *lane_borrow(struct lane *lane)
{
	enter(lane, LANE_BUSY);
	return lane->conn;
}

/* ---- runs ---- */

static void drop_run(struct lane *lane)
{
	if (lane->run)
		lane->job->destroy(lane->run);
	lane->run = NULL;
}

static void on_done(void *arg, const struct job_report *report)
{
	struct lane *lane = arg;
	struct lane_report ended = { .job = lane->job,
		.order = lane->order,
		.took = clock_monotonic() - lane->began,
		.run = *report };
	bool broken = report->outcome == BATCH_FAILED &&
		      sqlstate_ends_session(report->failure.sqlstate);
	if (broken)
		conn_retry(lane->conn, report->failure.message);
	drop_run(lane);
	bool up = conn_state(lane->conn) == CONN_READY;
	enter(lane, up ? LANE_IDLE : LANE_OFFLINE);
	lane->callbacks.worked(lane->callbacks.arg, lane, &ended);
}

void lane_work(struct lane *lane, const struct conf *conf, const struct job *job,
	const struct job_order *order)
{
	struct job_site site = { .loop = lane->loop,
		.conn = lane->conn,
		.conf = conf,
		.live_since = lane->fit.live_since,
		.limits = lane->limits,
		.shared = lane->shared };
	lane->job = job;
	lane->order = *order;
	lane->began = clock_monotonic();
	enter(lane, LANE_BUSY);
	lane->run = job->start(job, &site, order, on_done, lane);
}

/* ---- life ---- */

static bool connect_lane(
	struct lane *lane, struct ev_loop *loop, const struct conf *conf, struct err *err)
{
	char *password CLEANUP(mem_cleanup) = NULL;
	if (conf->password_file && !conninfo_read_password(conf->password_file, &password, err))
		return false;
	struct conn_options options = { .name = "main",
		.conninfo = conf->database_url,
		.password = password,
		.connect_timeout = conf->connect_timeout,
		.query_timeout = conf->query_timeout,
		.reconnect_limit = conf->reconnect_limit };
	struct conn_callbacks callbacks = {
		.arg = lane, .ready = on_ready, .lost = on_lost, .failed = on_failed
	};
	return conn_create(loop, &options, &callbacks, &lane->conn, err);
}

bool lane_create(struct ev_loop *loop, const struct conf *conf, struct job_shared *shared,
	const struct lane_callbacks *callbacks, struct lane **ret_lane, struct err *err)
{
	struct lane *lane = mem_alloc(sizeof(*lane));
	if (!connect_lane(lane, loop, conf, err)) {
		free(lane);
		return false;
	}
	lane->callbacks = *callbacks;
	lane->search_path = mem_printf("\"%s\", pg_temp", conf->app_schema);
	lane->app_schema = conf->app_schema;
	lane->lock_timeout = conf->lock_timeout;
	lane->limits = (struct conn_limits){ conf->statement_timeout, conf->lock_timeout,
		lane->search_path };
	lane->loop = loop;
	lane->shared = shared;
	*ret_lane = lane;
	return true;
}

void lane_destroy(struct lane *lane)
{
	if (!lane)
		return;
	conn_destroy(lane->conn);
	drop_run(lane);
	free(lane->search_path);
	free(lane);
}

void lane_open(struct lane *lane)
{
	conn_open(lane->conn);
}

void lane_retry(struct lane *lane, const char *why)
{
	enter(lane, LANE_OFFLINE);
	conn_retry(lane->conn, why);
}

void lane_close(struct lane *lane)
{
	conn_close(lane->conn);
	drop_run(lane);
	enter(lane, LANE_OFFLINE);
}
