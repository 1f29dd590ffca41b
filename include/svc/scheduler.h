/* scheduler: what is done next, and when to wake up for it.
 *
 * It owns one or more lanes (lane.h), connections whose batches overlap.  One turn: ask the database what
 * is due and when the next thing will be (poll), do the due things in batches, by weighted turns
 * (agenda.h), then sleep exactly until the next one: the poll gives instants
 * by the database's clock, the wait runs on the monotonic clock from the moment the poll was sent, so
 * that neither clock of this machine matters.  poll_interval bounds the sleep, for what applications
 * change meanwhile; scheduler_poke ends it.
 *
 * What is due but cannot be had (another worker or an application holds it) is asked for again after
 * a pause that grows from 20 ms to poll_interval; what fails, after one that grows to 30 s.
 */
#pragma once

#include <ev.h>
#include <stdbool.h>

#include "conf/conf.h"
#include "util/err.h"

#define SCHEDULER_LANES_MAX 16 /* option connections */

struct scheduler;

enum scheduler_end {
	SCHEDULER_DONE, /* once: nothing is due any more; or stopped as asked */
	SCHEDULER_INCOMPATIBLE, /* this binary may not work on this schema */
	SCHEDULER_UNREACHABLE, /* once: no database, or not fit, or something failed */
};

/* Called once, when the scheduler has come to its end; must not destroy it, but may leave the loop. */
typedef void scheduler_ended_fn(void *arg, enum scheduler_end end, const char *why);

/* conf must stay until scheduler_reload replaces it, or the end.  once: do what is due, then end. */
bool scheduler_create(struct ev_loop *loop, struct conf *conf, bool once, scheduler_ended_fn *ended,
	void *arg, struct scheduler **ret_scheduler, struct err *err) NODISCARD;
void scheduler_destroy(struct scheduler *scheduler);

void scheduler_start(struct scheduler *scheduler);
/* Finishes the batch under way, takes leave of recurd.workers, then ends. */
void scheduler_stop(struct scheduler *scheduler);
/* Takes effect between batches; released is called with the old one when it is no longer used, and
 * with a newer one that was overtaken.  false: nothing changes, conf stays the caller's. */
bool scheduler_reload(struct scheduler *scheduler, struct conf *conf,
	void (*released)(void *arg, struct conf *old), void *arg, struct err *err) NODISCARD;
/* Something changed in the database: poll soon. */
void scheduler_poke(struct scheduler *scheduler);
struct measures;
/* The state as figures, for the face. */
void scheduler_measure(const struct scheduler *scheduler, struct measures *ret_measures);
/* The state as log lines, for SIGUSR1. */
void scheduler_log_state(const struct scheduler *scheduler);
