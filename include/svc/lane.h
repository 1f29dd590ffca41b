/* lane: one session of the database with its own generator and reminder, as the scheduler sees it.
 *
 *   offline -> checking -> idle <-> busy          any loss leads to offline; the connection returns
 *
 * A lane connects, checks the database's fitness, and is idle then.  The scheduler gives it one thing
 * at a time; whenever it becomes idle, offline or fails to become fit, the scheduler hears of it as
 * the last thing that happens, and may do anything, destroy the lane included.
 */
#pragma once

#include <ev.h>

#include "conf/conf.h"
#include "db/dbsession.h"
#include "job/generator.h"
#include "job/reminder.h"
#include "svc/agenda.h"

enum lane_state { LANE_OFFLINE, LANE_CHECKING, LANE_IDLE, LANE_BUSY };

struct lane;

/* How a batch ended. */
struct lane_report {
	enum agenda_kind kind;
	bool settling; /* marking reminders from before live_since; kind is AGENDA_REMIND */
	struct agenda_task task; /* as it was given */
	bool again; /* more of it at once, whatever the outcome */
	bool full; /* the batch was as large as it may be */
	enum batch_outcome outcome;
	const struct batch_failure *failure; /* of a bad outcome */
	size_t made, told, quarantined;
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
	struct dbsession *session;
	struct conn *conn; /* the session's */
	bool working; /* busy with a batch, of which report.kind tells the kind */
	struct fitness_report fit; /* of the last check that passed */
	/* private */
	struct lane_callbacks callbacks;
	struct generator *generator;
	struct reminder *reminder;
	struct lane_report report; /* of the batch under way */
};

/* What the lanes of a process have in common. */
struct lane_shared {
	struct parking users, tasks; /* whose templates, or which reminders, wait alone */
	/* A budget of log lines each: a flood of instances must not silence reminders. */
	struct tell_rate reminded, generated;
};

/* conf is read here only; shared outlives the lane. */
bool lane_create(struct ev_loop *loop, const struct conf *conf, struct lane_shared *shared,
	const struct lane_callbacks *callbacks, struct lane **ret_lane, struct err *err) NODISCARD;
void lane_destroy(struct lane *lane);
void lane_open(struct lane *lane);
/* An idle lane gives its session up and connects again after a pause; no callback. */
void lane_retry(struct lane *lane, const char *why);
void lane_close(struct lane *lane); /* without callbacks; lane_open brings it back */

/* On an idle lane: one batch of a kind, or one batch of silent settling.  conf must stay until then. */
void lane_work(struct lane *lane, const struct conf *conf, enum agenda_kind kind,
	const struct agenda_task *task);
void lane_settle(struct lane *lane, const struct conf *conf);
/* On an idle lane: the scheduler's own statements, one flight, with limits on the server's side; the
 * borrower's result is the last.  The reply's function calls lane_home. */
enum lane_loan {
	LANE_READING, /* small questions: to be flown within DBSESSION_ASK_DEADLINE */
	LANE_WRITING, /* in a transaction that says so */
};
struct conn *lane_borrow(struct lane *lane, enum lane_loan loan);
/* Idle again, or offline.  false: the session is gone. */
bool lane_home(struct lane *lane, const struct reply *reply);
const char *lane_state_name(enum lane_state state);
