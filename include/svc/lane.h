/* lane: one connection to the database, at one job at a time, as the scheduler sees it.
 *
 *   offline -> checking -> idle <-> busy          any loss leads to offline; the connection returns
 *
 * A lane connects, checks the database's fitness, and is idle then.  The scheduler gives it one job
 * at a time; whenever it becomes idle, offline or fails to become fit, the scheduler hears of it as
 * the last thing that happens, and may do anything, destroy the lane included.
 */
#pragma once

#include <ev.h>

#include "conf/conf.h"
#include "db/dbsession.h"
#include "job/job.h"

enum lane_state { LANE_OFFLINE, LANE_CHECKING, LANE_IDLE, LANE_BUSY };

struct lane;

/* A run that ended. */
struct lane_report {
	const struct job *job;
	struct job_order order; /* as it was given */
	usec_t took;
	struct job_report run;
};

struct lane_callbacks {
	void *arg;
	void (*idle)(void *arg, struct lane *lane); /* newly connected and fit */
	void (*unfit)(void *arg, struct lane *lane, const struct fitness_report *report);
	void (*unreachable)(void *arg, struct lane *lane, const char *why);
	void (*offline)(void *arg, struct lane *lane); /* lost while idle, or with its batch */
	void (*worked)(void *arg, struct lane *lane, const struct lane_report *report);
};

struct lane {
	enum lane_state state;
	struct conn *conn; /* of its session */
	struct fitness_report fit; /* of the last check that passed */
	/* private */
	struct lane_callbacks callbacks;
	struct dbsession *session;
	struct ev_loop *loop;
	struct job_shared *shared;
	void *run; /* under way; NULL: none */
	struct settings *settings; /* of the run: its reference */
	const struct job *job; /* of the run */
	struct job_order order;
	usec_t began;
};

/* conf is read here only; shared outlives the lane. */
bool lane_create(struct ev_loop *loop, const struct conf *conf, struct job_shared *shared,
	const struct lane_callbacks *callbacks, struct lane **ret_lane, struct err *err) NODISCARD;
void lane_destroy(struct lane *lane);
void lane_open(struct lane *lane);
/* An idle lane gives its session up and connects again after a pause; no callback. */
void lane_retry(struct lane *lane, const char *why);
void lane_close(struct lane *lane); /* without callbacks; lane_open brings it back */

/* On an idle lane: one run.  conf must stay until it has ended. */
void lane_work(struct lane *lane, const struct conf *conf, const struct job *job,
	const struct job_order *order);
/* On an idle lane: its session, with a flight that writes begun, for the scheduler's farewell: its answer
 * ends everything. */
struct conn *lane_borrow(struct lane *lane);
const char *lane_state_name(enum lane_state state);
