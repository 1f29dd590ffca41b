/* job: what a kind of work is.  One row of jobs[] (jobs.c) each, and a file of its own.
 *
 * The scheduler asks what is due (a poll says it, or the job itself by the clock), chooses one by weighted
 * turns (svc/agenda.h), and starts a run of it on a lane's session.  A run does one bounded thing, one batch
 * mostly, and then calls done, exactly once, as its last act and never before start has returned; destroy
 * frees it, before or after that.
 *
 * Runs keep nothing: what must not be forgotten stands in the database, and what several runs of a process
 * have in common is in struct job_shared.
 */
#pragma once

#include <ev.h>

#include "conf/settings.h"
#include "db/dbsession.h"
#include "job/batch.h"
#include "job/counters.h"
#include "job/crowd.h"
#include "job/hunt.h"
#include "job/pace.h"
#include "job/spans.h"
#include "job/tell.h"
#include "job/waiting.h"

#define JOBS_MAX 24

/* When a job has something to do. */
enum job_when {
	JOB_POLLED, /* its row of the poll (poll.sql) says what is due, and what will be */
	JOB_TIMED, /* its function `due` says it */
};

enum job_rank {
	JOB_AT_ONCE, /* small and rare: before all others */
	JOB_IN_TURN, /* by weight */
	JOB_POLL, /* asks what is due, when the answer of before has grown old */
};

/* What an attempt is about. */
struct job_order {
	bool foreseen; /* its instant had come: finding nothing is no failure.  With a jittery network it
			* may be a trifle early, and the next poll knows */
	bool fresh; /* only what came due a moment ago */
	bool presumed; /* no poll saw it due, but a full batch: finding nothing is no failure */
	bool brief; /* somebody is about to come who must not wait */
	usec_t from; /* on the database's clock: nothing older is wanted */
	usec_t oldest; /* on the database's clock: nothing older was seen */
	/* For a poll: where templates, and rows of recurd.reminders, are looked for; from is for tasks.remind_at. */
	usec_t from_generate, from_reminders;
};

struct job_report {
	enum batch_outcome outcome;
	struct batch_failure failure; /* of a bad outcome */
	bool again; /* more of it at once, whatever the outcome */
	bool full; /* the batch was as large as it may be: there is plenty */
	bool alone; /* and it changed nothing that a poll would have to tell of */
	usec_t through; /* on the database's clock: what it took was due up to here, oldest first */
	bool unfit; /* the database has changed: the session is to be checked anew */
	const char *unfit_why;
	size_t refused; /* rows that could not be served, and not because of a lock */
	const PGresult *polled; /* of a poll; valid during done */
};

typedef void job_done_fn(void *arg, const struct job_report *report);

/* What the runs of one kind of work remember of each other. */
struct trouble {
	struct hunt hunt;
	struct waiting suspects; /* to be recorded before anything else is tried */
	struct crowd crowd;
	struct pace pace;
	size_t heavy; /* rows of a claim while rules are large; 0: no limit */
};

struct zonewatch;
struct heartbeat;

/* What the runs of a process have in common.  Owner: the scheduler. */
struct job_shared {
	/* A budget of log lines each: a flood of instances must not silence reminders. */
	struct tell_rate reminded, generated, troubled;
	struct counters counters;
	struct spans spans;
	/* By number of the job; retries have that of what they retry. */
	struct trouble troubles[JOBS_MAX];
	struct heartbeat *heartbeat;
	struct zonewatch *zonewatch;
	/* The settings in force, as far as they are known; NULL: not yet, and nothing is done but what is small.
	 * Owner: this struct.  A run has its own reference, from its lane. */
	struct settings *settings;
	bool first_start; /* of this database; told when the settings are known */
	bool settings_old; /* the row may have been written since */
	usec_t settings_at; /* when they are read again, monotonic */
	usec_t prune_at, tally_at; /* monotonic */
	bool prune_told; /* what the first prune finds was looked at */
	bool settled; /* reminders from before live_since are marked */
	bool sequences_behind; /* an identity met a number that is taken */
	usec_t sequences_at; /* when they were last put right */
	usec_t poll_at;
	bool once;
};

/* Where a run takes place. */
struct job_site {
	struct ev_loop *loop;
	struct dbsession *session; /* fit */
	struct conn *conn; /* its connection, ready */
	const struct conf *conf; /* stays until done */
	const struct settings *settings; /* the same; NULL where a job is JOB_AT_ONCE */
	usec_t live_since;
	struct job_shared *shared;
};

struct job {
	const char *name; /* for log lines, the poll, recurd.waiting and recurd.causes */
	enum job_when when;
	enum job_rank rank;
	int weight; /* its share of the time beside others that have something to do */
	bool fair; /* nobody's flood holds up the others (crowd.h) */
	bool prompt; /* others are brief while it is about to have something to do */
	bool tells; /* it says by itself what went wrong, and tries again at its own time */
	bool shared; /* while there is plenty, several lanes may be at it */
	const struct job *retries; /* it tries again what waits of that kind; NULL: none */
	/* JOB_TIMED: the monotonic instant at which it wants to run; INT64_MAX: it does not. */
	usec_t (*due)(const struct job_shared *shared);
	void *(*start)(const struct job *job, const struct job_site *site,
		const struct job_order *order, job_done_fn *done, void *arg);
	void (*destroy)(void *run);
};

extern const struct job *const jobs[];
extern const size_t jobs_len;

size_t job_number(const struct job *job); /* in jobs[] */
/* By name; NULL: there is none. */
const struct job *job_find(const char *name);
/* The troubles of a job, or of what it retries. */
struct trouble *job_trouble(struct job_shared *shared, const struct job *job);

void job_shared_finish(struct job_shared *shared);

/* The settings of a batch; lock_timeout is as long as `lock` at most. */
struct batch_settings job_settings(const struct job_site *site, usec_t lock);
