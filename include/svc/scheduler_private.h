/* scheduler_private: what scheduler.c (decisions) and scheduler_life.c (start, reload, stop) share;
 * nobody else includes it. */
#pragma once

#include "job/beat.h"
#include "svc/agenda.h"
#include "svc/alarm.h"
#include "svc/lane.h"
#include "svc/lowwater.h"
#include "svc/measures.h"
#include "svc/scheduler.h"

struct lanes {
	struct lane *at[SCHEDULER_LANES_MAX];
	size_t n;
};

enum scheduler_phase {
	SCHEDULER_RUNNING,
	SCHEDULER_ASLEEP, /* without connections, until the next instant */
	SCHEDULER_STOPPING, /* runs under way end, nothing begins */
	SCHEDULER_LEAVING, /* the farewell is under way */
	SCHEDULER_ENDED,
};

struct scheduler {
	struct ev_loop *loop;
	struct alarm wake;
	struct conf *conf, *next_conf; /* next_conf: to be taken up when all lanes are idle */
	void (*released)(void *arg, struct conf *old);
	void *released_arg;
	enum scheduler_phase phase;
	scheduler_ended_fn *on_ended;
	void *ended_arg;
	struct lanes lanes, next_lanes; /* next_lanes: of next_conf, not yet opened */
	struct heartbeat heartbeat;
	struct agenda agenda;
	struct job_shared shared;
	struct lowwater lowwater;
	bool stale; /* what happened while a poll was out may not be in it */
	bool polled_full; /* the poll under way looks everywhere */
	usec_t poll_pause; /* after failed polls */
	usec_t answered_at; /* the last poll that was, monotonic; 0: none yet */
	usec_t lag
		[JOBS_MAX]; /* by number of the job: how old the oldest was that it saw due; 0: nothing */
	bool failed; /* something that was due could not be done: the exit status of once */
	char status[256]; /* last told to systemd */
};

/* scheduler.c */
void scheduler_turn(struct scheduler *s);
void scheduler_wake(struct scheduler *s);
/* What the last poll said is old, and so may be what one says that is out. */
void scheduler_outdate(struct scheduler *s);
void scheduler_end(struct scheduler *s, enum scheduler_end end, const char *why);
void scheduler_worked(void *arg, struct lane *lane, const struct lane_report *report);
size_t scheduler_count(const struct scheduler *s, enum lane_state state);

/* scheduler_poll.c: the order of a poll, and its answer. */
struct job_order scheduler_poll_order(struct scheduler *s);
void scheduler_polled(struct scheduler *s, struct lane *lane, const struct lane_report *report);
void scheduler_log_waiting(const char *kind, const struct batch_failure *failure);

/* scheduler_life.c */
void scheduler_apply_conf(struct scheduler *s);
void scheduler_offline(void *arg, struct lane *lane);
/* A new session finds out what is wrong with the database, and says so. */
void scheduler_give_up(struct scheduler *s, struct lane *lane, const char *why);
