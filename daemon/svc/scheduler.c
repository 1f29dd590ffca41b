/* The scheduler's decisions; see the header.  `assign` is the one place that decides what a lane does
 * next.  Start, reload and stop are in scheduler_life.c. */
#include "db/rows.h"
#include "svc/scheduler_private.h"
#include "util/clock.h"
#include "util/log.h"

#define VAIN_FIRST     (20 * USEC_PER_MSEC)
#define FAILED_FIRST   (100 * USEC_PER_MSEC)
#define FAILED_LIMIT   (30 * USEC_PER_SEC)
#define RELEASE_ASLEEP (30 * USEC_PER_SEC) /* a longer sleep lets the connections go */

void scheduler_end(struct scheduler *s, enum scheduler_end end, const char *why)
{
	if (s->ended)
		return;
	s->ended = true;
	alarm_stop(&s->wake);
	for (size_t i = 0; i < s->lanes.n; i++)
		lane_close(s->lanes.at[i]);
	s->on_ended(s->ended_arg, end, why);
}

size_t scheduler_count(const struct scheduler *s, enum lane_state state)
{
	size_t n = 0;
	for (size_t i = 0; i < s->lanes.n; i++)
		n += s->lanes.at[i]->state == state;
	return n;
}

/* ---- what a poll says ---- */

static usec_t ahead(const PGresult *result, int column, usec_t now, usec_t sent_at)
{
	if (row_is_null(result, 0, column))
		return AGENDA_NEVER;
	usec_t at = row_instant(result, 0, column);
	/* Far instants, infinity among them, are none of this worker's business and must not overflow. */
	if (at > now + 1000000 * USEC_PER_SEC)
		return AGENDA_NEVER;
	return sent_at + (at - now);
}

/* column: the oldest that is due; the next one ahead follows it. */
static void take_seen(
	struct scheduler *s, const PGresult *result, enum agenda_kind kind, int column)
{
	usec_t now = row_instant(result, 0, 0);
	bool due = !row_is_null(result, 0, column), more = !row_is_null(result, 0, column + 1);
	usec_t next = more ? row_instant(result, 0, column + 1) : AGENDA_NEVER;
	usec_t oldest = due ? row_instant(result, 0, column) : more ? next : USEC_MINUS_INFINITY;
	lowwater_clean(&s->lowwater, kind, due ? oldest : now);
	agenda_dates(&s->agenda, kind, now, oldest, next);
}

/* Columns of poll.sql. */
static void take_poll(struct scheduler *s, const PGresult *result, usec_t now, usec_t sent_at)
{
	take_seen(s, result, AGENDA_REMIND, 1);
	take_seen(s, result, AGENDA_GENERATE, 3);
	agenda_set(&s->agenda, AGENDA_REMIND, !row_is_null(result, 0, 1),
		ahead(result, 2, now, sent_at));
	agenda_set(&s->agenda, AGENDA_GENERATE, !row_is_null(result, 0, 3),
		ahead(result, 4, now, sent_at));
	agenda_set(&s->agenda, AGENDA_REPLAN, !row_is_null(result, 0, 5), AGENDA_NEVER);
	lowwater_polled(&s->lowwater, s->polled_full, clock_monotonic(), row_int8(result, 0, 6));
	s->poll_pause = 0;
	s->next_poll_at = clock_monotonic() + s->conf->poll_interval;
}

static void log_waiting(const char *kind, const struct batch_failure *failure)
{
	struct log_line line;
	log_begin(&line, LOG_WARNING, "waiting");
	log_text(&line, "kind", kind);
	log_text(&line, "sqlstate", failure->sqlstate);
	log_text(&line, "statement", failure->statement);
	log_text(&line, "reason", failure->message);
	log_text(&line, "next", "tried again until it works");
	log_end(&line);
}

/* A lock in the way is waited for at the pace of polls and told once; anything else is an error. */
static void poll_failed(struct scheduler *s, const struct reply *reply)
{
	bool conflict = sqlstate_classify(reply->sqlstate) == SQLSTATE_CONFLICT;
	usec_t limit = conflict ? s->conf->poll_interval : FAILED_LIMIT;
	bool first = s->poll_pause == 0;
	s->poll_pause = first ? FAILED_FIRST : s->poll_pause * 2;
	if (s->poll_pause > limit)
		s->poll_pause = limit;
	s->next_poll_at = clock_monotonic() + s->poll_pause;
	struct batch_failure failure = { 0 };
	batch_failure_take(&failure, reply);
	if (!conflict)
		batch_log_failure("poll", &failure, s->poll_pause);
	else if (first)
		log_waiting("poll", &failure);
	s->failed = true;
	agenda_forget(&s->agenda);
	lowwater_reset(&s->lowwater);
}

/* A new session finds out what is wrong with the database, and says so. */
static void give_up(struct scheduler *s, struct lane *lane, const char *why)
{
	lane_retry(lane, why);
	scheduler_offline(s, lane);
}

static void on_polled(void *arg, const struct reply *reply)
{
	struct lane *lane = arg;
	struct scheduler *s = lane->callbacks.arg;
	s->poller = NULL;
	if (!lane_home(lane, reply))
		return;
	const PGresult *result = reply->status == REPLY_OK ? reply->results[reply->n - 1] : NULL;
	usec_t now;
	if (result && !row_clock(result, 0, 0, &now)) {
		give_up(s, lane, CLOCK_COMPLAINT);
		return;
	}
	if (result && now < lane->fit.live_since) { /* session_first.sql mends it */
		give_up(s, lane, "recurd.now() stands before live_since");
		return;
	}
	if (result)
		take_poll(s, result, now, conn_sent_at(lane->conn));
	else
		poll_failed(s, reply);
	s->polled = !s->stale;
	scheduler_turn(s);
}

void scheduler_outdate(struct scheduler *s)
{
	s->polled = false;
	s->stale = true;
}

static void poll(struct scheduler *s, struct lane *lane)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	s->polled_full = s->once || lowwater_full(&s->lowwater, clock_monotonic());
	usec_t reminders = lowwater_from(&s->lowwater, AGENDA_REMIND, s->polled_full);
	params_instant(
		&params, reminders > lane->fit.live_since ? reminders : lane->fit.live_since);
	params_instant(&params, lowwater_from(&s->lowwater, AGENDA_GENERATE, s->polled_full));
	s->poller = lane;
	s->stale = false;
	struct conn *conn = lane_borrow(lane, LANE_READING);
	conn_add(conn, QUERY_POLL, &params);
	conn_fly_within(conn, DBSESSION_ASK_DEADLINE, on_polled, lane);
}

/* ---- heartbeats ---- */

static void on_pruned(void *arg, const struct reply *reply)
{
	struct lane *lane = arg;
	if (!lane_home(lane, reply))
		return;
	if (reply->status == REPLY_FAILED)
		log_msg(LOG_WARNING, "heartbeat_failed", "%s: %s", reply->statement,
			reply->message);
	scheduler_turn(lane->callbacks.arg);
}

/* Somebody switched row-level security on, so that we would see nothing and look healthy; or a migration
 * came that we are too old for. */
static bool is_unfit(const struct reply *reply)
{
	return reply->status == REPLY_OK && row_bool(reply->results[reply->n - 1], 0, 0);
}

static void on_beat(void *arg, const struct reply *reply)
{
	struct lane *lane = arg;
	struct scheduler *s = lane->callbacks.arg;
	bool unfit = is_unfit(reply);
	if (!lane_home(lane, reply))
		return;
	if (unfit) {
		give_up(s, lane, "the database has changed");
		return;
	}
	if (reply->status == REPLY_FAILED)
		log_msg(LOG_WARNING, "heartbeat_failed", "%s: %s", reply->statement,
			reply->message);
	if (!s->pruning || s->stopping) {
		scheduler_turn(s);
		return;
	}
	s->pruning = false;
	heartbeat_prune(lane_borrow(lane, LANE_WRITING), s->conf, on_pruned, lane);
}

static void beat(struct scheduler *s, struct lane *lane)
{
	zonewatch_look(s->zonewatch);
	s->settled = false; /* what was held last time, and what applications back-dated since */
	s->pruning = s->conf->notification_retention > 0;
	heartbeat_send(&s->heartbeat, lane_borrow(lane, LANE_WRITING), s->conf, clock_monotonic(),
		on_beat, lane);
}

static void on_watched(void *arg, const struct reply *reply)
{
	struct lane *lane = arg;
	struct scheduler *s = lane->callbacks.arg;
	s->watching = false;
	zonewatch_take(s->zonewatch, reply);
	if (lane_home(lane, reply))
		scheduler_turn(s);
}

static void watch_zones(struct scheduler *s, struct lane *lane)
{
	s->watching = true;
	scheduler_outdate(s); /* templates may be marked */
	zonewatch_send(s->zonewatch, lane_borrow(lane, LANE_WRITING), on_watched, lane);
}

static void on_left(void *arg, const struct reply *reply)
{
	struct lane *lane = arg;
	struct scheduler *s = lane->callbacks.arg;
	(void)reply; /* a row that stays is taken for dead soon enough */
	if (s->once && s->failed)
		scheduler_end(s, SCHEDULER_UNREACHABLE,
			"something that is due could not be done; the lines above say why");
	else
		scheduler_end(s, SCHEDULER_DONE, NULL);
}

static void leave(struct scheduler *s, struct lane *lane)
{
	s->leaving = true;
	heartbeat_leave(&s->heartbeat, lane_borrow(lane, LANE_WRITING), on_left, lane);
}

/* ---- what a batch brought ---- */

/* Locks of others in our way: told once, until something of the kind is done. */
static void log_in_vain(const struct scheduler *s, const struct lane_report *report)
{
	if (report->outcome == BATCH_NOTHING || s->agenda.items[report->kind].pause > 0)
		return;
	log_waiting(agenda_name(report->kind), report->failure);
}

static void take_outcome(struct scheduler *s, const struct lane_report *report)
{
	usec_t now = clock_monotonic();
	switch (report->outcome) {
	case BATCH_COMMITTED:
		agenda_served(&s->agenda, report->kind, &report->task, report->full);
		break;
	case BATCH_CONFLICT:
	case BATCH_ROW:
	case BATCH_NOTHING:
		if (report->again || (report->outcome == BATCH_NOTHING &&
					     (report->task.foreseen || report->task.fresh)))
			break;
		if (report->settling && report->outcome == BATCH_NOTHING)
			break; /* there is no more of it */
		log_in_vain(s, report);
		agenda_in_vain(&s->agenda, report->kind, now, VAIN_FIRST, s->conf->poll_interval);
		break;
	case BATCH_FAILED:
		s->failed = true;
		if (report->again) /* a row is being looked for, or waits alone now and was told */
			break;
		agenda_in_vain(&s->agenda, report->kind, now, FAILED_FIRST, FAILED_LIMIT);
		batch_log_failure(agenda_name(report->kind), report->failure,
			s->agenda.items[report->kind].pause);
		break;
	case BATCH_LOST:
		break;
	}
}

void scheduler_worked(void *arg, struct lane *lane, const struct lane_report *report)
{
	struct scheduler *s = arg;
	s->heartbeat.generated += (int64_t)report->made;
	s->heartbeat.reminded += (int64_t)report->told;
	s->heartbeat.quarantined += (int64_t)report->quarantined;
	scheduler_outdate(s);
	zonewatch_note(s->zonewatch);
	if (report->settling) {
		s->settling = false;
		bool gives_up = s->once && report->outcome != BATCH_COMMITTED && !report->again;
		s->settled = report->outcome == BATCH_NOTHING || gives_up;
	}
	take_outcome(s, report);
	if (lane->state == LANE_OFFLINE)
		scheduler_offline(s, lane);
	else
		scheduler_turn(s);
}

/* ---- the decision ---- */

static unsigned under_way(const struct scheduler *s)
{
	unsigned kinds = 0;
	for (size_t i = 0; i < s->lanes.n; i++) {
		if (s->lanes.at[i]->working)
			kinds |= 1u << s->lanes.at[i]->report.kind;
	}
	return kinds;
}

/* When somebody who waits alone has his turn; 0: nobody does. */
static usec_t retry_at(const struct scheduler *s, enum agenda_kind kind)
{
	usec_t at = parking_next(kind == AGENDA_REMIND ? &s->shared.tasks : &s->shared.users);
	usec_t not_before = s->agenda.items[kind].not_before;
	return at && at < not_before ? not_before : at;
}

static enum agenda_kind choose(const struct scheduler *s, usec_t now)
{
	static const enum agenda_kind retried[] = { AGENDA_REMIND, AGENDA_GENERATE };
	enum agenda_kind kind = agenda_pick(&s->agenda, now, under_way(s), s->polled);
	for (size_t i = 0; i < ARRAY_LEN(retried) && kind == AGENDA_KINDS; i++) {
		usec_t at = retry_at(s, retried[i]);
		if (at && at <= now)
			kind = retried[i];
	}
	return kind;
}

static bool settle_is_due(const struct scheduler *s, usec_t now)
{
	return !s->settled && !s->settling && s->agenda.items[AGENDA_REMIND].not_before <= now;
}

/* History may be millions of rows: every other batch is for what is due now. */
static void settle(struct scheduler *s, struct lane *lane)
{
	s->settling = true;
	s->settled_last = true;
	lane_settle(lane, s->conf);
}

/* Gives an idle lane something to do.  false: there is nothing. */
static bool assign(struct scheduler *s, struct lane *lane)
{
	usec_t now = clock_monotonic();
	if (s->heartbeat.due_at <= now) {
		beat(s, lane);
		return true;
	}
	if (zonewatch_pending(s->zonewatch, false) && !s->watching) {
		watch_zones(s, lane);
		return true;
	}
	if (settle_is_due(s, now) && !s->settled_last) {
		settle(s, lane);
		return true;
	}
	enum agenda_kind kind = choose(s, now);
	if (kind < AGENDA_KINDS) {
		struct agenda_task task = agenda_start(&s->agenda, kind, now);
		s->settled_last = false;
		lane_work(lane, s->conf, kind, &task);
		return true;
	}
	if (settle_is_due(s, now) && s->polled) {
		settle(s, lane);
		return true;
	}
	if (!s->poller && (!s->polled || s->next_poll_at <= now)) {
		poll(s, lane);
		return true;
	}
	if (zonewatch_pending(s->zonewatch, true) && !s->watching && !s->poller && !s->once) {
		watch_zones(s, lane);
		return true;
	}
	return false;
}

static void arm_wake(struct scheduler *s)
{
	usec_t now = clock_monotonic();
	alarm_stop(&s->wake);
	/* Nobody could take anything up: whoever becomes idle comes here again.  To wake for what is due
	 * but under way would be to spin. */
	if (scheduler_count(s, LANE_IDLE) == 0 || s->next_conf)
		return;
	usec_t at = agenda_next(&s->agenda, now, under_way(s), s->polled);
	usec_t others[] = { s->poller ? 0 : s->next_poll_at, s->heartbeat.due_at,
		retry_at(s, AGENDA_REMIND), retry_at(s, AGENDA_GENERATE) };
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		if (others[i] && others[i] < at)
			at = others[i];
	}
	if (at - now > RELEASE_ASLEEP && scheduler_count(s, LANE_IDLE) == s->lanes.n) {
		/* A server that suspends while nobody is connected may do so. */
		s->asleep = true;
		for (size_t i = 0; i < s->lanes.n; i++)
			lane_close(s->lanes.at[i]);
	}
	alarm_set(&s->wake, at);
}

static struct lane *idle_lane(const struct scheduler *s)
{
	for (size_t i = 0; i < s->lanes.n; i++) {
		if (s->lanes.at[i]->state == LANE_IDLE)
			return s->lanes.at[i];
	}
	return NULL;
}

static bool quiet_now(const struct scheduler *s)
{
	return scheduler_count(s, LANE_BUSY) == 0 && idle_lane(s);
}

/* Everybody who is idle gets something to do; then sleep until the next instant of interest. */
void scheduler_turn(struct scheduler *s)
{
	bool quiet = scheduler_count(s, LANE_BUSY) == 0;
	if (s->ended || s->leaving)
		return;
	if (quiet && s->next_conf) {
		scheduler_apply_conf(s);
		return;
	}
	for (size_t i = 0; i < s->lanes.n; i++) {
		struct lane *lane = s->lanes.at[i];
		if (lane->state != LANE_IDLE || s->next_conf)
			continue;
		if (s->stopping) {
			if (quiet)
				leave(s, lane);
			return;
		}
		if (!assign(s, lane))
			break;
	}
	if (s->stopping && scheduler_count(s, LANE_BUSY) == 0) {
		scheduler_end(s, SCHEDULER_DONE, NULL);
		return;
	}
	if (s->once && s->polled && quiet_now(s)) {
		s->stopping = true;
		leave(s, idle_lane(s));
		return;
	}
	arm_wake(s);
}

void scheduler_wake(struct scheduler *s)
{
	if (!s->asleep) {
		scheduler_turn(s);
		return;
	}
	s->asleep = false;
	s->polled = false;
	for (size_t i = 0; i < s->lanes.n; i++)
		lane_open(s->lanes.at[i]);
}
