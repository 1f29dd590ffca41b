/* One connection's life and work; see the header. */
#include "svc/lane.h"

#include <stdlib.h>

#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"

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

static void on_checking(void *arg)
{
	struct lane *lane = arg;
	enter(lane, LANE_CHECKING);
}

static void on_fit(void *arg, const struct fitness_report *report)
{
	struct lane *lane = arg;
	lane->fit = *report;
	enter(lane, LANE_IDLE);
	lane->callbacks.idle(lane->callbacks.arg, lane);
}

static void on_unfit(void *arg, const struct fitness_report *report)
{
	struct lane *lane = arg;
	enter(lane, LANE_OFFLINE);
	lane->callbacks.unfit(lane->callbacks.arg, lane, report);
}

static void go_offline(struct lane *lane)
{
	enter(lane, LANE_OFFLINE);
	lane->callbacks.offline(lane->callbacks.arg, lane);
}

static void on_lost(void *arg)
{
	struct lane *lane = arg;
	if (lane->state == LANE_CHECKING) /* nobody has heard of it yet */
		enter(lane, LANE_OFFLINE);
	else if (lane->state != LANE_BUSY) /* a batch that was thinking notices by itself */
		go_offline(lane);
}

static void on_unreachable(void *arg, const char *why)
{
	struct lane *lane = arg;
	lane->callbacks.unreachable(lane->callbacks.arg, lane, why);
}

struct conn *lane_borrow(struct lane *lane)
{
	enter(lane, LANE_BUSY);
	return dbsession_write(lane->session);
}

/* ---- runs ---- */

static void drop_run(struct lane *lane)
{
	if (lane->run)
		lane->job->destroy(lane->run);
	lane->run = NULL;
	settings_drop(lane->settings);
	lane->settings = NULL;
}

static void on_done(void *arg, const struct job_report *report)
{
	struct lane *lane = arg;
	struct lane_report ended = { .job = lane->job,
		.order = lane->order,
		.took = clock_monotonic() - lane->began,
		.run = *report };
	bool broken = report->outcome == BATCH_FAILED && report->failure.session_ends;
	if (broken)
		dbsession_retry(lane->session, report->failure.message);
	drop_run(lane);
	bool up = conn_state(lane->conn) == CONN_READY;
	enter(lane, up ? LANE_IDLE : LANE_OFFLINE);
	lane->callbacks.worked(lane->callbacks.arg, lane, &ended);
}

void lane_work(struct lane *lane, const struct conf *conf, const struct job *job,
	const struct job_order *order)
{
	lane->settings = settings_share(lane->shared->settings);
	struct job_site site = { .loop = lane->loop,
		.session = lane->session,
		.conn = lane->conn,
		.conf = conf,
		.settings = lane->settings,
		.live_since = lane->fit.live_since,
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
	struct dbsession_callbacks callbacks = { .arg = lane,
		.checking = on_checking,
		.fit = on_fit,
		.unfit = on_unfit,
		.lost = on_lost,
		.unreachable = on_unreachable };
	if (!dbsession_create(loop, conf, "main", &callbacks, &lane->session, err))
		return false;
	lane->conn = dbsession_conn(lane->session);
	return true;
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
	lane->loop = loop;
	lane->shared = shared;
	*ret_lane = lane;
	return true;
}

void lane_destroy(struct lane *lane)
{
	if (!lane)
		return;
	dbsession_destroy(lane->session);
	drop_run(lane);
	free(lane);
}

void lane_open(struct lane *lane)
{
	dbsession_open(lane->session);
}

void lane_retry(struct lane *lane, const char *why)
{
	enter(lane, LANE_OFFLINE);
	dbsession_retry(lane->session, why);
}

void lane_close(struct lane *lane)
{
	dbsession_close(lane->session);
	drop_run(lane);
	enter(lane, LANE_OFFLINE);
}
