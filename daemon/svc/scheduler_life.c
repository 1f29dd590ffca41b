/* The scheduler's life: sessions that come and go, start, reload, stop, and what it says of itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "job/settings.h"
#include "job/zones.h"
#include "svc/scheduler_private.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/sdnotify.h"

static void tell_status(struct scheduler *s, const char *status, const char *detail)
{
	char text[sizeof(s->status)];
	snprintf(text, sizeof(text), "%s %s", status, detail);
	if (strcmp(text, s->status) == 0)
		return;
	memcpy(s->status, text, sizeof(text));
	sdnotify_send("STATUS=%s", text);
}

/* ---- sessions ---- */

static void on_idle(void *arg, struct lane *lane)
{
	struct scheduler *s = arg;
	tell_status(s, "working on", conn_endpoint(lane->conn));
	for (size_t i = 0; i < s->lanes.n; i++) /* it may have been mended */
		s->lanes.at[i]->fit.live_since = lane->fit.live_since;
	s->shared.first_start = s->shared.first_start || lane->fit.first;
	settings_outdate(
		&s->shared); /* it may be another server, or a database that was restored */
	scheduler_outdate(s);
	scheduler_turn(s);
}

static void on_unfit(void *arg, struct lane *lane, const struct fitness_report *report)
{
	struct scheduler *s = arg;
	(void)lane;
	if (report->verdict == FITNESS_INCOMPATIBLE)
		scheduler_end(s, SCHEDULER_INCOMPATIBLE, report->why);
	else if (s->shared.once)
		scheduler_end(s, SCHEDULER_UNREACHABLE, report->why);
	else
		tell_status(s, "waiting:", report->why);
}

static void on_unreachable(void *arg, struct lane *lane, const char *why)
{
	struct scheduler *s = arg;
	(void)lane;
	if (s->shared.once && scheduler_count(s, LANE_OFFLINE) == s->lanes.n)
		scheduler_end(s, SCHEDULER_UNREACHABLE, why);
	else
		tell_status(s, "database unavailable:", why);
}

void scheduler_offline(void *arg, struct lane *lane)
{
	struct scheduler *s = arg;
	(void)lane;
	if (scheduler_count(s, LANE_IDLE) + scheduler_count(s, LANE_BUSY) == 0) {
		agenda_forget(
			&s->agenda); /* its pauses go on: a batch may end its session each time */
		tell_status(s, "connection lost;", "reconnecting");
	}
	scheduler_turn(s);
}

void scheduler_give_up(struct scheduler *s, struct lane *lane, const char *why)
{
	lane_retry(lane, why);
	scheduler_offline(s, lane);
}

/* ---- life ---- */

static void close_lanes(struct lanes *lanes)
{
	while (lanes->n > 0)
		lane_destroy(lanes->at[--lanes->n]);
}

static bool make_lanes(
	struct scheduler *s, const struct conf *conf, struct lanes *lanes, struct err *err)
{
	struct lane_callbacks callbacks = { .arg = s,
		.idle = on_idle,
		.unfit = on_unfit,
		.unreachable = on_unreachable,
		.offline = scheduler_offline,
		.worked = scheduler_worked };
	while (lanes->n < (size_t)conf->connections) {
		if (!lane_create(
			    s->loop, conf, &s->shared, &callbacks, &lanes->at[lanes->n], err)) {
			close_lanes(lanes);
			return false;
		}
		lanes->n++;
	}
	return true;
}

/* Lines about single rows that begin to wait: their number says less than their causes. */
#define TROUBLED_BURST 20.
#define TROUBLED_RATE  (20. / 60) /* a second */

static void set_rates(struct scheduler *s)
{
	tell_rate_set(&s->shared.reminded, (double)s->conf->log_rate, (double)s->conf->log_rate);
	tell_rate_set(&s->shared.generated, (double)s->conf->log_rate, (double)s->conf->log_rate);
	tell_rate_set(&s->shared.troubled, TROUBLED_RATE, TROUBLED_BURST);
}

void scheduler_apply_conf(struct scheduler *s)
{
	struct conf *old = s->conf;
	close_lanes(&s->lanes);
	s->lanes = s->next_lanes;
	s->next_lanes.n = 0;
	s->conf = s->next_conf;
	s->next_conf = NULL;
	s->released(s->released_arg, old);
	set_rates(s);
	s->phase = SCHEDULER_RUNNING;
	scheduler_outdate(s);
	scheduler_start(s);
}

static void on_wake(void *arg)
{
	scheduler_wake(arg);
}

bool scheduler_create(struct ev_loop *loop, struct conf *conf, bool once,
	scheduler_ended_fn *on_ended, void *arg, struct scheduler **ret_scheduler, struct err *err)
{
	struct scheduler *s = mem_alloc(sizeof(*s));
	s->loop = loop;
	s->conf = conf;
	s->shared.once = once;
	s->on_ended = on_ended;
	s->ended_arg = arg;
	if (!alarm_init(&s->wake, loop, on_wake, s, err))
		goto fail;
	if (!make_lanes(s, conf, &s->lanes, err))
		goto fail_alarm;
	agenda_reset(&s->agenda);
	heartbeat_init(&s->heartbeat);
	s->shared.heartbeat = &s->heartbeat;
	s->shared.zonewatch = zonewatch_create();
	set_rates(s);
	*ret_scheduler = s;
	return true;

fail_alarm:
	alarm_finish(&s->wake);
fail:
	free(s);
	return false;
}

void scheduler_destroy(struct scheduler *s)
{
	if (!s)
		return;
	alarm_finish(&s->wake);
	close_lanes(&s->lanes);
	close_lanes(&s->next_lanes);
	heartbeat_finish(&s->heartbeat);
	zonewatch_destroy(s->shared.zonewatch);
	job_shared_finish(&s->shared);
	if (s->next_conf) /* asked for, never taken up */
		s->released(s->released_arg, s->conf);
	free(s);
}

void scheduler_start(struct scheduler *s)
{
	for (size_t i = 0; i < s->lanes.n; i++)
		lane_open(s->lanes.at[i]);
}

void scheduler_stop(struct scheduler *s)
{
	if (s->phase < SCHEDULER_STOPPING)
		s->phase = SCHEDULER_STOPPING;
	scheduler_turn(s);
}

bool scheduler_reload(struct scheduler *s, struct conf *conf,
	void (*released)(void *arg, struct conf *old), void *arg, struct err *err)
{
	struct lanes lanes = { .n = 0 };
	if (s->phase >= SCHEDULER_STOPPING)
		return err_set(err, "recurd is stopping");
	if (!make_lanes(s, conf, &lanes, err))
		return false;
	if (s->next_conf) { /* overtaken before it was taken up */
		close_lanes(&s->next_lanes);
		released(arg, s->next_conf);
	}
	s->next_conf = conf;
	s->next_lanes = lanes;
	s->released = released;
	s->released_arg = arg;
	scheduler_turn(s);
	return true;
}

void scheduler_poke(struct scheduler *s)
{
	scheduler_outdate(s);
	scheduler_wake(s);
}

static void log_lanes(const struct scheduler *s)
{
	for (size_t i = 0; i < s->lanes.n; i++) {
		const struct lane *lane = s->lanes.at[i];
		struct log_line line;
		log_begin(&line, LOG_NOTICE, "lane");
		log_int(&line, "lane", (int64_t)i);
		log_text(&line, "state", lane_state_name(lane->state));
		log_text(&line, "conn", conn_state_name(conn_state(lane->conn)));
		log_text(&line, "host", conn_endpoint(lane->conn));
		log_end(&line);
	}
}

void scheduler_log_state(const struct scheduler *s)
{
	usec_t now = clock_monotonic(), next = AGENDA_NEVER;
	for (size_t i = 0; i < jobs_len; i++) {
		if (s->agenda.items[i].next_at < next)
			next = s->agenda.items[i].next_at;
	}
	struct log_line line;
	log_begin(&line, LOG_NOTICE, "state");
	log_text(&line, "worker", s->heartbeat.id);
	for (enum counter i = 0; i < COUNTERS_N; i++)
		log_int(&line, counter_name(i), s->shared.counters.values[i]);
	if (next != AGENDA_NEVER)
		log_int(&line, "next_due_ms", (next - now) / USEC_PER_MSEC);
	if (s->shared.poll_at > now)
		log_int(&line, "next_poll_ms", (s->shared.poll_at - now) / USEC_PER_MSEC);
	if (s->lanes.at[0]->fit.live_since)
		log_instant(&line, "live_since", s->lanes.at[0]->fit.live_since);
	log_end(&line);
	log_lanes(s);
}
