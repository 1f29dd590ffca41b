/* The scheduler's decisions; see the header.  What comes next is chosen by next_job (agenda.h), what has
 * become of it is taken here.  Start, reload and stop are in scheduler_life.c, the poll's answer in
 * scheduler_poll.c. */
#include "job/settings.h"
#include "job/zones.h"
#include "svc/scheduler_private.h"
#include "util/clock.h"
#include "util/log.h"

#define VAIN_FIRST   (20 * USEC_PER_MSEC)
#define FAILED_FIRST (100 * USEC_PER_MSEC)
#define FAILED_LIMIT (30 * USEC_PER_SEC)
#define POLL_IN_BACKLOG \
	(500 * USEC_PER_MSEC) /* what an application writes meanwhile is seen so soon */
#define RELEASE_ASLEEP (30 * USEC_PER_SEC) /* a longer sleep lets the connections go */

void scheduler_end(struct scheduler *s, enum scheduler_end end, const char *why)
{
	if (s->phase == SCHEDULER_ENDED)
		return;
	s->phase = SCHEDULER_ENDED;
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

void scheduler_outdate(struct scheduler *s)
{
	s->agenda.polled = false;
	s->stale = true;
	s->shared.poll_at = 0;
}

/* ---- the farewell ---- */

static void on_left(void *arg, const struct reply *reply)
{
	struct lane *lane = arg;
	struct scheduler *s = lane->callbacks.arg;
	(void)reply; /* a row that stays is taken for dead soon enough */
	if (s->shared.once && s->failed)
		scheduler_end(s, SCHEDULER_UNREACHABLE,
			"something that is due could not be done; the lines above say why");
	else
		scheduler_end(s, SCHEDULER_DONE, NULL);
}

static void leave(struct scheduler *s, struct lane *lane)
{
	s->phase = SCHEDULER_LEAVING;
	heartbeat_leave(&s->heartbeat, lane_borrow(lane), on_left, lane);
}

/* ---- what a run brought ---- */

/* Locks of others in our way: told once, until something of the kind is done. */
static void log_in_vain(const struct scheduler *s, const struct lane_report *report)
{
	if (s->agenda.items[job_number(report->job)].pause == 0)
		scheduler_log_waiting(report->job->name, &report->run.failure);
}

static void take_nothing(struct scheduler *s, const struct lane_report *report)
{
	const struct job_order *order = &report->order;
	bool expected = order->foreseen || order->fresh || order->presumed;
	if (!expected && report->job->when == JOB_POLLED)
		agenda_in_vain(&s->agenda, report->job, clock_monotonic(), VAIN_FIRST,
			s->conf->poll_interval);
}

static void take_failure(struct scheduler *s, const struct lane_report *report)
{
	const struct job *job = report->job;
	bool failed = report->run.outcome == BATCH_FAILED;
	if (report->run.again) /* the next attempt finds out who is to blame */
		return;
	s->failed = s->failed || failed;
	if (!failed)
		log_in_vain(s, report);
	agenda_in_vain(&s->agenda, job, clock_monotonic(), failed ? FAILED_FIRST : VAIN_FIRST,
		failed ? FAILED_LIMIT : s->conf->poll_interval);
	if (failed)
		batch_log_failure(
			job->name, &report->run.failure, s->agenda.items[job_number(job)].pause);
}

static void take_outcome(struct scheduler *s, const struct lane_report *report)
{
	switch (report->run.outcome) {
	case BATCH_COMMITTED:
		agenda_served(&s->agenda, report->job, &report->order, report->run.full);
		break;
	case BATCH_NOTHING:
		take_nothing(s, report);
		break;
	case BATCH_CONFLICT:
	case BATCH_ROW:
	case BATCH_FAILED:
		if (!report->job->tells)
			take_failure(s, report);
		break;
	case BATCH_OUTDATED: /* at once, with the new ones; but never in circles */
		settings_outdate(&s->shared);
		if (!s->shared.once)
			agenda_in_vain(&s->agenda, report->job, clock_monotonic(), VAIN_FIRST,
				s->conf->poll_interval);
		break;
	case BATCH_LOST:
		break;
	}
}

/* History is passed over when a batch of it finds nothing; a single attempt has but one. */
static void take_settling(struct scheduler *s, const struct lane_report *report)
{
	const struct job_report *run = &report->run;
	if (report->job->when != JOB_TIMED || report->job->tells)
		return;
	bool gives_up = s->shared.once && run->outcome != BATCH_COMMITTED && !run->again;
	s->shared.settled = run->outcome == BATCH_NOTHING || gives_up;
}

/* A full batch of a backlog: a poll would say that there is more. */
static bool goes_on(struct scheduler *s, const struct lane_report *report)
{
	const struct job_report *run = &report->run;
	usec_t limit = s->conf->poll_interval;
	return run->alone &&
	       agenda_goes_on(&s->agenda, report->job, &report->order, run->through,
		       clock_monotonic(), limit < POLL_IN_BACKLOG ? limit : POLL_IN_BACKLOG);
}

void scheduler_worked(void *arg, struct lane *lane, const struct lane_report *report)
{
	struct scheduler *s = arg;
	agenda_ended(&s->agenda, report->job, report->took);
	if (lane->state == LANE_OFFLINE && report->run.outcome == BATCH_LOST &&
		report->job->rank == JOB_POLL)
		scheduler_outdate(s);
	if (report->job->rank == JOB_POLL && lane->state != LANE_OFFLINE) {
		scheduler_polled(s, lane, report);
		return;
	}
	s->failed = s->failed || report->run.refused > 0;
	if (report->job->rank == JOB_IN_TURN && !goes_on(s, report))
		scheduler_outdate(s);
	zonewatch_note(s->shared.zonewatch);
	take_settling(s, report);
	take_outcome(s, report);
	if (lane->state == LANE_OFFLINE)
		scheduler_offline(s, lane);
	else if (report->run.unfit)
		scheduler_give_up(s, lane, report->run.unfit_why);
	else
		scheduler_turn(s);
}

/* ---- the decision ---- */

/* Gives an idle lane something to do.  false: there is nothing. */
static bool assign(struct scheduler *s, struct lane *lane)
{
	usec_t now = clock_monotonic();
	const struct job *job = next_job(&s->agenda, &s->shared, now);
	if (!job)
		return false;
	struct job_order order = agenda_start(&s->agenda, job, now);
	if (job->rank == JOB_POLL)
		order = scheduler_poll_order(s);
	lane_work(lane, s->conf, job, &order);
	return true;
}

static void fall_asleep(struct scheduler *s)
{
	s->phase =
		SCHEDULER_ASLEEP; /* a server that suspends while nobody is connected may do so */
	for (size_t i = 0; i < s->lanes.n; i++)
		lane_close(s->lanes.at[i]);
}

static void arm_wake(struct scheduler *s)
{
	usec_t now = clock_monotonic();
	alarm_stop(&s->wake);
	/* Nobody could take anything up: whoever becomes idle comes here again.  To wake for what is due
	 * but under way would be to spin. */
	if (scheduler_count(s, LANE_IDLE) == 0 || s->next_conf)
		return;
	usec_t at = agenda_next(&s->agenda, &s->shared, now);
	if (at - now > RELEASE_ASLEEP && scheduler_count(s, LANE_IDLE) == s->lanes.n)
		fall_asleep(s);
	if (at != AGENDA_NEVER)
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

static void go_on_stopping(struct scheduler *s)
{
	struct lane *lane = idle_lane(s);
	if (scheduler_count(s, LANE_BUSY) > 0)
		return;
	if (lane)
		leave(s, lane);
	else
		scheduler_end(s, SCHEDULER_DONE, NULL);
}

/* Everybody who is idle gets something to do. */
static void assign_all(struct scheduler *s)
{
	for (size_t i = 0; i < s->lanes.n; i++) {
		struct lane *lane = s->lanes.at[i];
		if (lane->state == LANE_IDLE && !assign(s, lane))
			return;
	}
}

/* What was refused before, too, is due and was not done. */
static bool left_undone(const struct scheduler *s)
{
	for (size_t i = 0; i < jobs_len; i++) {
		if (s->shared.troubles[i].hunt.refused)
			return true;
	}
	return false;
}

static bool is_done(const struct scheduler *s)
{
	return s->shared.once && s->agenda.polled && scheduler_count(s, LANE_BUSY) == 0;
}

void scheduler_turn(struct scheduler *s)
{
	if (s->phase >= SCHEDULER_LEAVING)
		return;
	if (s->phase == SCHEDULER_STOPPING) {
		go_on_stopping(s);
		return;
	}
	if (s->next_conf) {
		if (scheduler_count(s, LANE_BUSY) == 0)
			scheduler_apply_conf(s);
		return;
	}
	assign_all(s);
	struct lane *lane = idle_lane(s);
	if (lane && is_done(s)) {
		s->failed = s->failed || left_undone(s);
		leave(s, lane);
		return;
	}
	arm_wake(s);
}

void scheduler_wake(struct scheduler *s)
{
	if (s->phase != SCHEDULER_ASLEEP) {
		scheduler_turn(s);
		return;
	}
	s->phase = SCHEDULER_RUNNING;
	scheduler_outdate(s);
	for (size_t i = 0; i < s->lanes.n; i++)
		lane_open(s->lanes.at[i]);
}
