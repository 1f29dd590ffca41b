/* scheduler_private: what scheduler.c (decisions) and scheduler_life.c (start, reload, stop) share;
 * nobody else includes it. */
#pragma once

#include "svc/agenda.h"
#include "svc/alarm.h"
#include "svc/heartbeat.h"
#include "svc/lane.h"
#include "svc/lowwater.h"
#include "svc/scheduler.h"
#include "svc/zonewatch.h"

struct lanes {
	struct lane *at[SCHEDULER_LANES_MAX];
	size_t n;
};

struct scheduler {
	struct ev_loop *loop;
	struct alarm wake;
	struct conf *conf, *next_conf; /* next_conf: to be taken up when all lanes are idle */
	void (*released)(void *arg, struct conf *old);
	void *released_arg;
	bool once, stopping, leaving, ended;
	scheduler_ended_fn *on_ended;
	void *ended_arg;
	struct lanes lanes, next_lanes; /* next_lanes: of next_conf, not yet opened */
	struct heartbeat heartbeat;
	bool pruning; /* old notifications and decisions go after this beat */
	struct zonewatch *zonewatch;
	bool watching; /* a lane is at a step of it */
	struct agenda agenda;
	struct lane_shared shared;
	bool settled; /* reminders from before live_since are marked */
	bool settling; /* a lane is at that */
	bool settled_last; /* what is due now has its turn first */
	const struct lane *poller; /* NULL: nobody polls */
	bool polled; /* since the last batch ended */
	bool stale; /* what happened while a poll was out may not be in it */
	bool polled_full; /* the poll under way looks everywhere */
	struct lowwater lowwater;
	usec_t next_poll_at; /* monotonic */
	usec_t poll_pause; /* after failed polls */
	bool asleep; /* without connections */
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

/* scheduler_life.c */
void scheduler_apply_conf(struct scheduler *s);
void scheduler_offline(void *arg, struct lane *lane);
