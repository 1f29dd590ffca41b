/* The scheduler's state machine; see the header.  next_step is the one place that decides. */
#include "svc/scheduler.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/conn.h"
#include "db/conninfo.h"
#include "db/rows.h"
#include "svc/agenda.h"
#include "svc/fitness.h"
#include "svc/heartbeat.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/sdnotify.h"
#include "util/timefmt.h"
#include "work/generator.h"
#include "work/reminder.h"

#define VAIN_FIRST     (20 * USEC_PER_MSEC)
#define FAILED_FIRST   (100 * USEC_PER_MSEC)
#define FAILED_LIMIT   (30 * USEC_PER_SEC)
#define RELEASE_ASLEEP (30 * USEC_PER_SEC) /* a longer sleep lets the connection go */

enum state { OFFLINE, CHECKING, WORKING, POLLING, BEATING, SLEEPING, LEAVING, STOPPED };

static const char *const state_names[] = { "offline", "checking", "working", "polling", "beating",
	"sleeping", "leaving", "stopped" };

struct scheduler {
	struct ev_loop *loop;
	struct ev_timer wake;
	struct conf *conf, *next_conf;
	void (*released)(void *arg, struct conf *old);
	void *released_arg;
	bool once, stopping;
	scheduler_ended_fn *ended;
	void *ended_arg;
	enum state state;
	struct conn *conn;
	struct fitness fitness;
	struct fitness_report fit;
	struct heartbeat heartbeat;
	struct agenda agenda;
	enum agenda_kind working_on;
	struct generator *generator;
	struct reminder *reminder;
	struct tell_rate rate;
	bool settled; /* reminders from before live_since are marked */
	bool poll_due; /* something changed: poll before the next sleep */
	bool polled; /* since the last batch */
	usec_t next_poll_at; /* monotonic */
	usec_t poll_pause; /* after failed polls */
	char *search_path;
};

static void next_step(struct scheduler *s);
static bool open_connection(struct scheduler *s, struct err *err);

static void enter(struct scheduler *s, enum state state)
{
	if (s->state == state)
		return;
	struct log_line line;
	log_begin(&line, LOG_DEBUG, "scheduler_state");
	log_text(&line, "from", state_names[s->state]);
	log_text(&line, "to", state_names[state]);
	log_end(&line);
	bool was_up = s->state > CHECKING, is_up = state > CHECKING;
	s->state = state;
	if (was_up != is_up)
		sdnotify_send("STATUS=%s %s", is_up ? "working on" : "waiting for",
			s->conn ? conn_endpoint(s->conn) : "the database");
}

static void end(struct scheduler *s, enum scheduler_end end, const char *why)
{
	ev_timer_stop(s->loop, &s->wake);
	conn_close(s->conn);
	enter(s, STOPPED);
	s->ended(s->ended_arg, end, why);
}

/* ---- what the batches need to know ---- */

static struct batch_settings batch_settings(const struct scheduler *s)
{
	const struct conf *conf = s->conf;
	usec_t lock_timeout = conf->lock_timeout;
	/* When both an application and we wait, the application must not be the victim. */
	usec_t limit = s->fit.deadlock_timeout / 3 - USEC_PER_MSEC;
	if (lock_timeout > limit)
		lock_timeout = limit > USEC_PER_MSEC ? limit : USEC_PER_MSEC;
	return (struct batch_settings){ .statement_timeout = conf->statement_timeout,
		.lock_timeout = lock_timeout,
		.idle_timeout = conf->statement_timeout,
		.search_path = s->search_path,
		.notify = conf->notify };
}

static struct generator_options generator_options(const struct scheduler *s)
{
	static const enum plan_backlog backlogs[] = { [ADOPT_LATEST] = PLAN_BACKLOG_LATEST,
		[ADOPT_ALL] = PLAN_BACKLOG_ALL,
		[ADOPT_NONE] = PLAN_BACKLOG_NONE };
	const struct conf *conf = s->conf;
	return (struct generator_options){
		.policy = { .live_since = s->fit.live_since,
			.adopt_backlog = backlogs[conf->adopt_backlog],
			.catch_up_limit = (size_t)conf->catch_up_limit,
			.min_interval = conf->min_interval,
			.default_time_zone = conf->default_time_zone },
		.limit = (size_t)conf->batch_size,
		.notify_task_created = conf->notify_task_created,
	};
}

/* ---- results ---- */

static void log_failure(const char *kind, const struct batch_failure *failure, usec_t pause)
{
	struct log_line line;
	log_begin(&line, LOG_ERR, "batch_failed");
	log_text(&line, "kind", kind);
	log_text(&line, "class", sqlstate_class_name(sqlstate_classify(failure->sqlstate)));
	log_text(&line, "sqlstate", failure->sqlstate);
	log_text(&line, "statement", failure->statement);
	log_text(&line, "reason", failure->message);
	log_int(&line, "retry_ms", pause / USEC_PER_MSEC);
	log_end(&line);
}

/* What every kind of batch has in common when it ends.  again: there may be more at once. */
static void batch_ended(struct scheduler *s, enum batch_outcome outcome,
	const struct batch_failure *failure, bool again)
{
	enum agenda_kind kind = s->working_on;
	usec_t now = clock_monotonic();
	s->polled = false;
	switch (outcome) {
	case BATCH_COMMITTED:
		agenda_served(&s->agenda, kind);
		break;
	case BATCH_CONFLICT:
	case BATCH_ROW:
	case BATCH_NOTHING:
		if (!again)
			agenda_in_vain(&s->agenda, kind, now, VAIN_FIRST, s->conf->poll_interval);
		break;
	case BATCH_FAILED:
		agenda_in_vain(&s->agenda, kind, now, FAILED_FIRST, FAILED_LIMIT);
		log_failure(agenda_name(kind), failure, s->agenda.items[kind].pause);
		if (sqlstate_ends_session(failure->sqlstate))
			conn_retry(s->conn, failure->message);
		break;
	case BATCH_LOST:
		break;
	}
	if (conn_state(s->conn) == CONN_READY)
		next_step(s);
	else
		enter(s, OFFLINE);
}

static void on_generated(void *arg, const struct generator_report *report)
{
	struct scheduler *s = arg;
	s->heartbeat.generated += (int64_t)report->made;
	s->heartbeat.quarantined += (int64_t)report->quarantined;
	batch_ended(s, report->outcome, report->failure, report->again);
}

static void on_reminded(void *arg, const struct reminder_report *report)
{
	struct scheduler *s = arg;
	if (report->settling) {
		s->settled = report->outcome == BATCH_NOTHING;
	} else {
		s->heartbeat.reminded += (int64_t)report->told;
	}
	batch_ended(s, report->outcome, report->failure, report->settling && s->settled);
}

static usec_t ahead(const PGresult *result, int column, usec_t now, usec_t sent_at)
{
	if (row_is_null(result, 0, column))
		return AGENDA_NEVER;
	usec_t at = row_instant(result, 0, column);
	/* Far instants (infinity among them) must not overflow. */
	if (at - now > 1000000 * USEC_PER_SEC || at == USEC_INFINITY)
		return AGENDA_NEVER;
	return sent_at + (at - now);
}

static void take_poll(struct scheduler *s, const PGresult *result)
{
	usec_t now = row_instant(result, 0, 0), sent_at = conn_sent_at(s->conn);
	agenda_set(&s->agenda, AGENDA_REMIND, !row_is_null(result, 0, 1),
		ahead(result, 2, now, sent_at));
	agenda_set(&s->agenda, AGENDA_GENERATE, !row_is_null(result, 0, 3),
		ahead(result, 4, now, sent_at));
	agenda_set(&s->agenda, AGENDA_REPLAN, !row_is_null(result, 0, 5), AGENDA_NEVER);
}

static void on_polled(void *arg, const struct reply *reply)
{
	struct scheduler *s = arg;
	if (reply->status == REPLY_LOST) {
		enter(s, OFFLINE);
		return;
	}
	usec_t pause = s->conf->poll_interval;
	if (reply->status == REPLY_OK) {
		take_poll(s, reply->results[0]);
		s->poll_pause = 0;
	} else {
		s->poll_pause = s->poll_pause ? s->poll_pause * 2 : FAILED_FIRST;
		if (s->poll_pause > FAILED_LIMIT)
			s->poll_pause = FAILED_LIMIT;
		pause = s->poll_pause;
		struct batch_failure failure = { 0 };
		memcpy(failure.sqlstate, reply->sqlstate, sizeof(failure.sqlstate));
		snprintf(failure.message, sizeof(failure.message), "%s", reply->message);
		snprintf(failure.statement, sizeof(failure.statement), "poll");
		log_failure("poll", &failure, pause);
		agenda_reset(&s->agenda);
	}
	s->polled = true;
	s->next_poll_at = clock_monotonic() + pause;
	next_step(s);
}

static void on_beat(void *arg, const struct reply *reply)
{
	struct scheduler *s = arg;
	if (reply->status == REPLY_LOST) {
		enter(s, OFFLINE);
		return;
	}
	if (reply->status == REPLY_FAILED)
		log_msg(LOG_WARNING, "heartbeat_failed", "%s: %s",
			reply->statement ? reply->statement : "", reply->message);
	next_step(s);
}

static void on_left(void *arg, const struct reply *reply)
{
	struct scheduler *s = arg;
	(void)reply; /* a row that stays is taken for dead soon enough */
	end(s, SCHEDULER_DONE, NULL);
}

/* ---- the decision ---- */

static void start_work(struct scheduler *s, enum agenda_kind kind)
{
	struct batch_settings settings = batch_settings(s);
	s->working_on = kind;
	agenda_start(&s->agenda, kind, clock_monotonic());
	enter(s, WORKING);
	if (kind == AGENDA_REMIND) {
		reminder_run(s->reminder, s->conn, &settings, s->fit.live_since,
			(size_t)s->conf->batch_size, on_reminded, s);
		return;
	}
	struct generator_options options = generator_options(s);
	generator_run(s->generator, s->conn, &settings, &options,
		kind == AGENDA_GENERATE ? GENERATOR_DUE : GENERATOR_EDITED, on_generated, s);
}

static void settle(struct scheduler *s)
{
	struct batch_settings settings = batch_settings(s);
	s->working_on = AGENDA_REMIND;
	enter(s, WORKING);
	reminder_settle(
		s->reminder, s->conn, &settings, (size_t)s->conf->batch_size, on_reminded, s);
}

static void poll(struct scheduler *s)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_instant(&params, s->fit.live_since);
	s->poll_due = false;
	enter(s, POLLING);
	conn_add(s->conn, QUERY_POLL, &params);
	conn_fly(s->conn, on_polled, s);
}

static void arm_wake(struct scheduler *s, usec_t at)
{
	usec_t now = clock_monotonic();
	ev_now_update(s->loop);
	ev_timer_stop(s->loop, &s->wake);
	ev_timer_set(&s->wake, at > now ? (double)(at - now) / 1e6 : 0., 0.);
	ev_timer_start(s->loop, &s->wake);
}

static void sleep_until_next(struct scheduler *s)
{
	usec_t now = clock_monotonic();
	usec_t at = agenda_next(&s->agenda, now);
	usec_t parked = generator_next_try(s->generator);
	if (s->next_poll_at < at)
		at = s->next_poll_at;
	if (s->heartbeat.due_at < at)
		at = s->heartbeat.due_at;
	if (parked && parked < at)
		at = parked;
	enter(s, SLEEPING);
	if (at - now > RELEASE_ASLEEP)
		conn_close(s->conn); /* a server that suspends when idle may do so */
	arm_wake(s, at);
}

static void apply_conf(struct scheduler *s)
{
	struct conf *old = s->conf;
	s->conf = s->next_conf;
	s->next_conf = NULL;
	tell_rate_set(&s->rate, s->conf->log_rate);
	struct err err;
	struct conn *before = s->conn;
	s->conn = NULL;
	if (open_connection(s, &err)) {
		conn_destroy(before);
	} else {
		s->conn = before; /* the new string was checked when it was loaded: cannot happen */
		log_msg(LOG_ERR, "reload_failed", "%s", err.text);
	}
	s->released(s->released_arg, old);
	enter(s, OFFLINE);
	conn_open(s->conn);
}

static bool parked_is_due(const struct scheduler *s, usec_t now)
{
	usec_t at = generator_next_try(s->generator);
	return at && at <= now;
}

/* The connection is ready and nobody uses it: what now? */
static void next_step(struct scheduler *s)
{
	usec_t now = clock_monotonic();
	if (s->stopping) {
		enter(s, LEAVING);
		heartbeat_leave(&s->heartbeat, s->conn, on_left, s);
		return;
	}
	if (s->next_conf) {
		apply_conf(s);
		return;
	}
	if (s->heartbeat.due_at <= now) {
		enter(s, BEATING);
		heartbeat_send(&s->heartbeat, s->conn, s->conf, now, on_beat, s);
		return;
	}
	if (!s->settled && s->agenda.items[AGENDA_REMIND].not_before <= now) {
		settle(s);
		return;
	}
	enum agenda_kind kind = agenda_pick(&s->agenda, now);
	if (kind == AGENDA_KINDS && parked_is_due(s, now))
		kind = AGENDA_GENERATE;
	if (kind < AGENDA_KINDS && (s->polled || s->agenda.items[kind].next_at <= now)) {
		start_work(s, kind);
		return;
	}
	if (!s->polled || s->poll_due || s->next_poll_at <= now) {
		poll(s);
		return;
	}
	if (s->once) {
		s->stopping = true;
		next_step(s);
		return;
	}
	sleep_until_next(s);
}

/* ---- the session ---- */

static void on_fit(void *arg, const struct fitness_report *report)
{
	struct scheduler *s = arg;
	switch (report->verdict) {
	case FITNESS_GOOD:
		s->fit = *report;
		conn_settled(s->conn);
		enter(s, WORKING);
		s->polled = false;
		s->settled = false;
		agenda_reset(&s->agenda);
		s->heartbeat.due_at = 0;
		next_step(s);
		break;
	case FITNESS_WAIT:
		enter(s, OFFLINE);
		if (s->once) {
			end(s, SCHEDULER_UNREACHABLE, report->why);
			break;
		}
		log_msg(LOG_ERR, "database_unfit", "%s", report->why);
		sdnotify_send("STATUS=waiting: %s", report->why);
		conn_retry(s->conn, report->why);
		break;
	case FITNESS_INCOMPATIBLE:
		end(s, SCHEDULER_INCOMPATIBLE, report->why);
		break;
	case FITNESS_LOST:
		enter(s, OFFLINE);
		break;
	}
}

static void on_ready(void *arg)
{
	struct scheduler *s = arg;
	if (s->stopping) {
		end(s, SCHEDULER_DONE, NULL);
		return;
	}
	enter(s, CHECKING);
	fitness_check(&s->fitness, s->conn, s->conf->app_schema, on_fit, s);
}

static void on_lost(void *arg)
{
	struct scheduler *s = arg;
	if (s->state != WORKING) /* a batch that was thinking notices by itself */
		enter(s, OFFLINE);
}

static void on_failed(void *arg, const char *why)
{
	struct scheduler *s = arg;
	if (s->once)
		end(s, SCHEDULER_UNREACHABLE, why);
	else
		sdnotify_send("STATUS=database unavailable: %s", why);
}

static void on_wake(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	struct scheduler *s = timer->data;
	if (conn_state(s->conn) == CONN_OFF)
		conn_open(s->conn);
	else if (s->state == SLEEPING && conn_state(s->conn) == CONN_READY)
		next_step(s);
}

static bool open_connection(struct scheduler *s, struct err *err)
{
	char *password CLEANUP(mem_cleanup) = NULL;
	if (s->conf->password_file &&
		!conninfo_read_password(s->conf->password_file, &password, err))
		return false;
	struct conn_options options = { .name = "main",
		.conninfo = s->conf->database_url,
		.password = password,
		.connect_timeout = s->conf->connect_timeout,
		.query_timeout = s->conf->query_timeout,
		.reconnect_limit = s->conf->reconnect_limit };
	struct conn_callbacks callbacks = {
		.arg = s, .ready = on_ready, .lost = on_lost, .failed = on_failed
	};
	return conn_create(s->loop, &options, &callbacks, &s->conn, err);
}

bool scheduler_create(struct ev_loop *loop, struct conf *conf, bool once, scheduler_ended_fn *ended,
	void *arg, struct scheduler **ret_scheduler, struct err *err)
{
	struct scheduler *s = mem_alloc(sizeof(*s));
	s->loop = loop;
	s->conf = conf;
	s->once = once;
	s->ended = ended;
	s->ended_arg = arg;
	if (!open_connection(s, err)) {
		free(s);
		return false;
	}
	ev_timer_init(&s->wake, on_wake, 0., 0.);
	s->wake.data = s;
	agenda_reset(&s->agenda);
	heartbeat_init(&s->heartbeat);
	tell_rate_set(&s->rate, conf->log_rate);
	s->generator = generator_create(loop, &s->rate);
	s->reminder = reminder_create(&s->rate);
	s->search_path = mem_printf("\"%s\", pg_temp", conf->app_schema);
	*ret_scheduler = s;
	return true;
}

void scheduler_destroy(struct scheduler *s)
{
	if (!s)
		return;
	ev_timer_stop(s->loop, &s->wake);
	conn_destroy(s->conn);
	generator_destroy(s->generator);
	reminder_destroy(s->reminder);
	heartbeat_finish(&s->heartbeat);
	free(s->search_path);
	if (s->next_conf) /* asked for, never taken up */
		s->released(s->released_arg, s->conf);
	free(s);
}

void scheduler_start(struct scheduler *s)
{
	conn_open(s->conn);
}

void scheduler_stop(struct scheduler *s)
{
	s->stopping = true;
	if (s->state == OFFLINE || conn_state(s->conn) == CONN_OFF)
		end(s, SCHEDULER_DONE, NULL);
	else if (s->state == SLEEPING)
		next_step(s);
}

void scheduler_reload(struct scheduler *s, struct conf *conf,
	void (*released)(void *arg, struct conf *old), void *arg)
{
	if (s->next_conf)
		released(arg, s->next_conf);
	s->next_conf = conf;
	s->released = released;
	s->released_arg = arg;
	if (s->state == OFFLINE || s->state == SLEEPING)
		apply_conf(s);
}

void scheduler_poke(struct scheduler *s)
{
	s->poll_due = true;
	if (s->state != SLEEPING)
		return;
	if (conn_state(s->conn) == CONN_OFF)
		conn_open(s->conn);
	else if (conn_state(s->conn) == CONN_READY)
		next_step(s);
}

void scheduler_log_state(const struct scheduler *s)
{
	usec_t now = clock_monotonic();
	usec_t next = agenda_next(&s->agenda, now);
	char since[INSTANT_TEXT_MAX];
	struct log_line line;
	log_begin(&line, LOG_NOTICE, "state");
	log_text(&line, "state", state_names[s->state]);
	log_text(&line, "conn", conn_state_name(conn_state(s->conn)));
	log_text(&line, "host", conn_endpoint(s->conn));
	log_text(&line, "worker", s->heartbeat.id);
	log_int(&line, "generated", s->heartbeat.generated);
	log_int(&line, "reminded", s->heartbeat.reminded);
	log_int(&line, "quarantined", s->heartbeat.quarantined);
	log_int(&line, "held_users", (int64_t)generator_parked(s->generator));
	if (next != AGENDA_NEVER)
		log_int(&line, "next_due_ms", (next - now) / USEC_PER_MSEC);
	log_int(&line, "next_poll_ms", (s->next_poll_at - now) / USEC_PER_MSEC);
	if (s->fit.live_since)
		log_text(&line, "live_since", instant_format(s->fit.live_since, since));
	log_end(&line);
}
