/* One connection's life and work; see the header. */
#include "svc/lane.h"

#include <stdlib.h>

#include "db/sqlstate.h"
#include "util/log.h"
#include "util/mem.h"

#define PLAN_PATIENCE (4 * USEC_PER_MSEC) /* the loop has others to serve */

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

struct conn *lane_borrow(struct lane *lane, enum lane_loan loan)
{
	enter(lane, LANE_BUSY);
	return loan == LANE_WRITING ? dbsession_write(lane->session) : dbsession_ask(lane->session);
}

bool lane_home(struct lane *lane, const struct reply *reply)
{
	if (reply->status != REPLY_LOST) {
		enter(lane, LANE_IDLE);
		return true;
	}
	go_offline(lane);
	return false;
}

/* ---- batches ---- */

static struct batch_settings batch_settings(const struct lane *lane, const struct conf *conf)
{
	const struct conn_limits *limits = dbsession_limits(lane->session);
	return (struct batch_settings){ .statement_timeout = conf->statement_timeout,
		.lock_timeout = limits->lock_timeout,
		.idle_timeout = conf->statement_timeout,
		.search_path = limits->search_path,
		.notify = conf->notify,
		.schema_level = SCHEMA_LEVEL };
}

static struct generator_options generator_options(const struct lane *lane, const struct conf *conf)
{
	static const enum plan_backlog backlogs[] = { [ADOPT_LATEST] = PLAN_BACKLOG_LATEST,
		[ADOPT_ALL] = PLAN_BACKLOG_ALL,
		[ADOPT_NONE] = PLAN_BACKLOG_NONE };
	return (struct generator_options){
		.policy = { .live_since = lane->fit.live_since,
			.adopt_backlog = backlogs[conf->adopt_backlog],
			.catch_up_limit = (size_t)conf->catch_up_limit,
			.min_interval = conf->min_interval,
			.patience = PLAN_PATIENCE,
			.default_time_zone = conf->default_time_zone },
		.limit = (size_t)conf->batch_size,
		.notify_task_created = conf->notify_task_created,
	};
}

static void worked(struct lane *lane)
{
	struct lane_report report = lane->report;
	bool broken = report.outcome == BATCH_FAILED &&
		      sqlstate_ends_session(report.failure->sqlstate);
	if (broken)
		dbsession_retry(lane->session, report.failure->message);
	lane->working = false;
	bool up = conn_state(lane->conn) == CONN_READY;
	enter(lane, up ? LANE_IDLE : LANE_OFFLINE);
	lane->callbacks.worked(lane->callbacks.arg, lane, &report);
}

static void on_generated(void *arg, const struct generator_report *report)
{
	struct lane *lane = arg;
	lane->report.outcome = report->outcome;
	lane->report.failure = report->failure;
	lane->report.made = report->made;
	lane->report.quarantined = report->quarantined;
	lane->report.again = report->again;
	lane->report.full = report->full;
	worked(lane);
}

static void on_reminded(void *arg, const struct reminder_report *report)
{
	struct lane *lane = arg;
	lane->report.outcome = report->outcome;
	lane->report.failure = report->failure;
	lane->report.told = report->settling ? 0 : report->told;
	lane->report.again = report->again;
	lane->report.full = report->full;
	worked(lane);
}

static struct reminder_options reminder_options(const struct lane *lane, const struct conf *conf)
{
	return (struct reminder_options){ .limit = (size_t)conf->batch_size,
		.live_since = lane->fit.live_since };
}

static void start(
	struct lane *lane, enum agenda_kind kind, bool settling, const struct agenda_task *task)
{
	lane->report = (struct lane_report){ .kind = kind, .settling = settling, .task = *task };
	lane->working = true;
	enter(lane, LANE_BUSY);
}

static usec_t later(usec_t a, usec_t b)
{
	return a > b ? a : b;
}

void lane_work(struct lane *lane, const struct conf *conf, enum agenda_kind kind,
	const struct agenda_task *task)
{
	struct batch_settings settings = batch_settings(lane, conf);
	start(lane, kind, false, task);
	if (kind == AGENDA_REMIND) {
		struct reminder_options options = reminder_options(lane, conf);
		options.from = later(task->from, options.live_since);
		options.oldest = later(task->oldest, options.live_since);
		reminder_run(lane->reminder, lane->conn, &settings, &options, on_reminded, lane);
		return;
	}
	struct generator_options options = generator_options(lane, conf);
	options.from = task->from;
	options.oldest = task->oldest;
	enum generator_source source = kind == AGENDA_GENERATE ? GENERATOR_DUE : GENERATOR_EDITED;
	generator_run(lane->generator, lane->conn, &settings, &options, source, on_generated, lane);
}

void lane_settle(struct lane *lane, const struct conf *conf)
{
	struct batch_settings settings = batch_settings(lane, conf);
	start(lane, AGENDA_REMIND, true, &(struct agenda_task){ 0 });
	struct reminder_options options = reminder_options(lane, conf);
	reminder_settle(lane->reminder, lane->conn, &settings, &options, on_reminded, lane);
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

bool lane_create(struct ev_loop *loop, const struct conf *conf, struct lane_shared *shared,
	const struct lane_callbacks *callbacks, struct lane **ret_lane, struct err *err)
{
	struct lane *lane = mem_alloc(sizeof(*lane));
	if (!connect_lane(lane, loop, conf, err)) {
		free(lane);
		return false;
	}
	lane->callbacks = *callbacks;
	lane->generator = generator_create(loop, &shared->generated, &shared->users);
	lane->reminder = reminder_create(&shared->reminded, &shared->tasks);
	*ret_lane = lane;
	return true;
}

void lane_destroy(struct lane *lane)
{
	if (!lane)
		return;
	dbsession_destroy(lane->session);
	generator_destroy(lane->generator);
	reminder_destroy(lane->reminder);
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
	lane->working = false;
	enter(lane, LANE_OFFLINE);
}
