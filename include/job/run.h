/* run: one batch of rows that are claimed, written and told; what its kinds (generate, remind) share.
 *
 *              .-- suspects of a session that was lost --> recorded first, then as below
 *   begin -----+-- what is due --------> claim ----.
 *              '-- retry --> pick --> choose --> claim these
 *                                                  |
 *          the job looks at the rows <-------------'
 *          run_write --> writing.h --> close: what waits, or waits no more --> the job tells --> COMMIT
 *
 * Plain or careful is decided by hunt.h, from what became of the batches before.
 *
 * A kind embeds struct run as its first member and gives it its operations.
 */
#pragma once

#include "job/job.h"
#include "job/kinds.h"
#include "job/retry.h"
#include "job/writing.h"

enum run_phase {
	RUN_CONFESSING, /* suspects are recorded */
	RUN_CHOOSING, /* what is to be retried */
	RUN_COUNTING, /* that a group of suspects is about to be tried */
	RUN_CLAIMING,
	RUN_WRITING,
	RUN_CLOSING,
};

/* A row, for recurd.waiting. */
struct run_row {
	const char *id, *user_id;
	usec_t at;
	struct row_place place;
};

struct run;

struct run_ops {
	const char *named; /* what a row is, in log lines: "template", "task" */
	bool reminders; /* what waits are reminders of such rows */
	/* Where a plain batch is one statement that claims and writes, without a look at the rows: adds it, and judges its result
	 * as writing.took does, with run_wrote for each row; NULL: claim and writing are two. */
	void (*add_plain)(struct run *run);
	const char *(*took_plain)(struct run *run, const struct reply *reply, int result);
	/* Adds the statement that claims: of what is due, or of what the retry has chosen. */
	void (*add_claim)(struct run *run);
	void (*add_claim_waiting)(struct run *run, const char *const *ids, size_t n);
	/* The claim has come: results[claim].  It goes on with run_write, or run_close. */
	void (*claimed)(struct run *run, const struct reply *reply, int claim);
	/* Plans a row of the claim, which run_postpone put off; and goes on once all of them are planned. */
	void (*plan)(struct run *run, int number);
	void (*planned)(struct run *run);
	struct writing_ops writing; /* its done is run_written */
	void (*row)(struct run *run, size_t i, struct run_row *ret_row);
	/* Whose the rows are that were written, for crowd.h: a text each, its caller frees the array. */
	const char **(*users)(const struct run *run, size_t *ret_n);
	/* Adds the statement that forgets those of the chosen about which nothing is left to be done. */
	void (*add_left)(struct run *run, const char *const *ids, size_t n);
	/* Log lines of what was written, before COMMIT; the hint for NOTIFY, or NULL. */
	const char *(*tell)(struct run *run, struct tell_hint *hint);
	const struct kind *kind; /* of its notifications */
	/* What was written is committed. */
	void (*count)(const struct run *run, struct counters *counters);
	void (*clear)(struct run *run); /* what the kind holds of this batch */
};

struct run {
	const struct job *job;
	const struct run_ops *ops;
	struct job_site site;
	struct job_order order;
	job_done_fn *done;
	void *arg;
	struct trouble *trouble;
	enum run_phase phase;
	bool careful;
	bool latest; /* it claims what came due last, not what is oldest */
	size_t limit; /* rows of this batch */
	size_t share; /* of them, of those who are marked, where others wait; 0: nobody is marked (crowd.h) */
	size_t others; /* that are wanted; then, that came */
	struct crowd_look look; /* for others, where somebody is */
	struct crowd_seen seen; /* what it came to; stepped < 0: it is not known */
	size_t claimed_n; /* rows that were claimed, as far as it is known */
	bool full; /* the claim was as large as it may be */
	usec_t through; /* when its last row was due; unset by kinds whose work makes something else due */
	struct batch batch;
	struct writing writing;
	struct retry retry;
	struct waiting waiting; /* rows of this batch that could not be written */
	size_t elsewhere_n; /* of them: other workers can */
	int *undecided; /* rows of the claim whose zone this machine lacks, until others were asked */
	size_t undecided_n;
	const char **wrote; /* ids of those that were; the kind's texts */
	size_t wrote_n, wrote_size;
	int waiting_result; /* its number in the closing flight's reply */
	bool unrecorded; /* some of them could not be recorded */
	struct waiting confessed; /* suspects that are being recorded */
	int losses; /* hunt.losses when it began */
	size_t forgot; /* rows that waited, and about which nothing is left to be done */
	const char
		*last_looked_at; /* id of a claimed row, where those behind it were not looked at */
	bool sequence_behind; /* some were refused because of it */
};

/* Starts it; run is allocated by the kind and freed with run_free. */
void run_start(struct run *run, const struct run_ops *ops, const struct job *job,
	const struct job_site *site, const struct job_order *order, job_done_fn *done, void *arg);
void run_free(struct run *run);

/* For claims, where run->share says so: who is marked, from where on others are looked for (wanted: nothing older
 * is), how many are wanted, among how many entries, and the share of the oldest beside them. */
void run_add_fairness(struct run *run, usec_t wanted, struct params *params);
/* What such a claim returns, four columns from `column` on; sets run->full, too. */
void run_take_fairness(struct run *run, const PGresult *claimed, int column);
/* For claims: whether they must leave out what waits.  As long as nothing does, the look costs more than
 * anything else of a claim; another worker's row of a moment ago costs a batch that fails. */
bool run_looks_for_waiting(const struct run *run);
/* For add_claim: a statement with two forms, as the claims of what is due are. */
void run_add_claim(struct run *run, enum query_id query, const struct params *params);
/* After claimed: n rows are to be written, at least one. */
void run_write(struct run *run, size_t n);
/* After claimed: there is nothing to write; what waits is recorded all the same. */
void run_close(struct run *run);
/* A row waits, without an attempt, as if somebody held it. */
void run_wait(struct run *run, const struct run_row *row, const char *reason);
/* A row of the claim cannot be planned for want of something that passes.  Where that is a zone (zone_lacks.h, begun
 * before the plan), it waits for a worker that has it, or is put off until others have been asked. */
void run_postpone(struct run *run, int number, const struct run_row *row, const char *reason);
/* All of the claim is looked at.  true: some are put off; others are asked, then ops->plan is called for each, then
 * ops->planned. */
bool run_asks_others(struct run *run);

/* For writing_ops. */
void run_wrote(struct run *run, const char *id);
void run_refused(void *run, size_t row);
void run_written(void *run);
