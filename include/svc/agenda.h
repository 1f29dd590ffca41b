/* agenda: what is due, and which job comes next.  Pure: monotonic times are arguments.
 *
 * For every job it keeps what the last poll said (due now, and the next instant ahead), the pause after a
 * fruitless or failed attempt, and its turn.
 *
 * Turns are weighted: each job has a clock that runs on by the time its runs took, divided by its weight,
 * and whose clock stands lowest comes next.  So of two kinds that both have a backlog, one with twice the
 * weight has twice the time, whatever a batch of it takes; and what has something to do again after a
 * while comes at once, but has saved nothing up.  No kind waits longer for its turn than the others' runs
 * of that one round take.
 */
#pragma once

#include <stdbool.h>

#include "job/job.h"
#include "util/macros.h"

#define AGENDA_NEVER INT64_MAX

struct agenda_item {
	bool due; /* the poll saw it due */
	bool presumed; /* since then a full batch was taken of it */
	bool plenty; /* the last batch was full: several lanes may work on it */
	int under_way; /* lanes that are at it */
	usec_t next_at; /* the next instant ahead, AGENDA_NEVER: none known */
	usec_t not_before; /* pause after an attempt in vain */
	usec_t pause;
	usec_t turn; /* its clock */
	usec_t began; /* its last run; 0: there was none */
	usec_t cost; /* of its last run: what a run that is under way is taken to cost */
	/* On the database's clock. */
	usec_t oldest; /* what the poll saw that is due, or else comes next */
	usec_t next; /* the same instant as next_at */
	usec_t fresh; /* what came due during a backlog, from here on; AGENDA_NEVER: nothing */
	bool fresh_last; /* the last attempt was about that: now the backlog has its turn */
};

struct agenda {
	struct agenda_item items[JOBS_MAX]; /* by number of the job */
	usec_t turn; /* of whoever was chosen last by it */
	bool jumped; /* the last one was foreseen, and not in turn: now somebody is */
	bool polled; /* what the last poll saw is not old yet */
	usec_t polled_at; /* when it was sent, monotonic */
};

void agenda_reset(struct agenda *agenda);
/* What was known to be due is in doubt; pauses after attempts in vain go on. */
void agenda_forget(struct agenda *agenda);
/* What a poll says of a job: the database's clock then, the oldest that is due (AGENDA_NEVER: nothing), the
 * next instant ahead (AGENDA_NEVER: none), and that instant on our clock. */
struct agenda_seen {
	usec_t now, oldest, next, next_at;
};
void agenda_see(struct agenda *agenda, size_t job, const struct agenda_seen *seen);

/* The job to start now on an idle lane; NULL: none.  shared: for those that know by themselves. */
const struct job *next_job(
	const struct agenda *agenda, const struct job_shared *shared, usec_t now);
/* When next_job may answer differently, never before now; AGENDA_NEVER: when somebody calls.  What is
 * under way and not plenty has to end first. */
usec_t agenda_next(const struct agenda *agenda, const struct job_shared *shared, usec_t now);

/* A run is starting.  While there is plenty, every other one is about what comes due now: who has a backlog
 * to work off is on time nevertheless. */
struct job_order agenda_start(struct agenda *agenda, const struct job *job, usec_t now);
/* It has ended, and took so long. */
void agenda_ended(struct agenda *agenda, const struct job *job, usec_t took);
void agenda_served(
	struct agenda *agenda, const struct job *job, const struct job_order *order, bool full);
/* Before agenda_served, of a batch that was full, of what the poll saw due: true: that there is more goes without
 * saying, and the next one begins where this one ended.  What is older by then (others had it locked, or it came
 * from behind) is the next poll's, and so is what nobody foresaw: no answer is good for longer than `limit`.
 * false: the poll's answer is old. */
bool agenda_goes_on(struct agenda *agenda, const struct job *job, const struct job_order *order,
	usec_t through, usec_t now, usec_t limit);
/* Nothing could be had, or it failed: wait first, twice as long each time, up to limit. */
void agenda_in_vain(
	struct agenda *agenda, const struct job *job, usec_t now, usec_t first, usec_t limit);
