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
#include "db/conn.h"
#include "db/fitness.h"
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
	struct conn *conn;
	struct fitness_report fit; /* of the last check that passed */
	/* private */
	const char *app_schema;
	struct conn_limits limits; /* lock_timeout: once the server's deadlock_timeout is known */
	usec_t lock_timeout; /* as configured */
	char *search_path;
	struct lane_callbacks callbacks;
	struct fitness fitness;
	struct err unfit; /* why, as last told; "": fit */
	usec_t unfit_told_at;
	struct ev_loop *loop;
	struct job_shared *shared;
	void *run; /* under way; NULL: none */
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
/* On an idle lane: its session for a flight of the scheduler's own, whose answer ends everything. */
struct conn *lane_borrow(struct lane *lane);
const char *lane_state_name(enum lane_state state);
