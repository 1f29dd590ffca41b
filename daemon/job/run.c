/* The course of a batch; see the header. */
#include <stdio.h>
#include <stdlib.h>

#include "db/rows.h"
#include "job/run_private.h"
#include "util/clock.h"
#include "util/mem.h"

/* Parts of a full batch that a smaller one has at least. */
#define BRIEF_LEAST 4
#define FAIR_LEAST  2

static void begin(struct run *run);

/* ---- the end ---- */

static void clear(struct run *run)
{
	run->ops->clear(run);
	free(run->wrote);
	run->wrote = NULL;
	run->wrote_n = run->wrote_size = 0;
	waiting_clear(&run->waiting);
	free(run->undecided);
	run->undecided = NULL;
	run->elsewhere_n = run->undecided_n = 0;
	waiting_clear(&run->confessed);
}

static void take_confession(struct run *run)
{
	waiting_log(
		&run->confessed, run->ops->named, run->ops->reminders, &run->site.shared->troubled);
	counter_add(&run->site.shared->counters, COUNTER_WAITING, run->confessed.n);
	waiting_clear(&run->confessed);
	run->trouble->hunt.losses = 0;
}

/* They could not be recorded: the next run tries that again. */
static void keep_suspects(struct run *run)
{
	if (run->confessed.n == 0 || run->trouble->suspects.n > 0)
		return;
	run->trouble->suspects = run->confessed;
	run->confessed = (struct waiting){ 0 };
}

static void on_done(void *job, enum batch_outcome outcome)
{
	struct run *run = job;
	if (outcome == BATCH_COMMITTED && run->phase == RUN_CONFESSING) {
		take_confession(run);
		run->phase = RUN_CLAIMING;
		begin(run); /* what it was started for: it may be about those that come due now */
		return;
	}
	if (outcome == BATCH_COMMITTED && run->phase == RUN_COUNTING) {
		begin(run); /* noted that it is tried; now it is */
		return;
	}
	keep_suspects(run);
	run_report(run, outcome);
}

/* ---- closing ---- */

static void on_closed(void *job, const struct reply *reply)
{
	struct run *run = job;
	if (run->phase == RUN_CLOSING && run->waiting.n > 0)
		run->unrecorded = (size_t)row_int8(reply->results[run->waiting_result], 0, 0) <
				  run->waiting.n;
	struct tell_hint hint CLEANUP(tell_hint_free);
	tell_hint_init(&hint, run->ops->kind->name);
	batch_commit(&run->batch, run->wrote_n > 0 ? run->ops->tell(run, &hint) : NULL);
}

static const char **chosen_ids(const struct run *run)
{
	size_t n = retry_chosen(&run->retry);
	const char **ids = mem_alloc_array(n, sizeof(*ids));
	for (size_t i = 0; i < n; i++)
		ids[i] = retry_id(&run->retry, i);
	return ids;
}

/* In the order of the claim, where not all of it could be dealt with; NULL: it could. */
static const char *last_dealt_with(struct run *run, struct run_row *row)
{
	const struct sift *sift = &run->writing.sift;
	if (run->writing.left > 0 && sift->at > 0) {
		run->ops->row(run, sift->at - 1, row);
		return row->id;
	}
	return run->last_looked_at;
}

static void on_left(void *job, const struct reply *reply)
{
	struct run *run = job;
	run->forgot = (size_t)atol(PQcmdTuples(reply->results[0]));
	run_close(run);
}

/* Some of the chosen could not be claimed: those about which nothing is left to be done are forgotten first. */
static bool forgets_first(struct run *run)
{
	size_t chosen = run->job->retries ? retry_chosen(&run->retry) : 0;
	if (run->claimed_n >= chosen || run->phase == RUN_CLOSING)
		return false;
	run->phase = RUN_CLOSING;
	const char **ids CLEANUP(mem_cleanup) = chosen_ids(run);
	run->ops->add_left(run, ids, chosen);
	batch_fly(&run->batch, on_left);
	return true;
}

static void close_retry(struct run *run)
{
	const char **ids CLEANUP(mem_cleanup) = chosen_ids(run);
	struct run_row last;
	if (run->claimed_n < retry_chosen(&run->retry) && run->retry.why == WAITING_REFUSED)
		retry_add_passed(&run->retry, ids, run->batch.conn);
	retry_add_end(&run->retry, run->wrote_n > 0, run->forgot > 0, last_dealt_with(run, &last),
		run->batch.conn);
}

void run_close(struct run *run)
{
	struct conn *conn = run->batch.conn;
	if (forgets_first(run))
		return;
	run->phase = RUN_CLOSING;
	bool waited = run->job->retries || run->trouble->hunt.waiting;
	if (waited && run->wrote)
		waiting_done(run->retry.kind ? run->retry.kind : run->job->name, run->wrote,
			run->wrote_n, conn);
	run->waiting_result = waited && run->wrote;
	waiting_add(&run->waiting, run->retry.kind ? run->retry.kind : run->job->name, conn);
	if (run->job->retries)
		close_retry(run);
	batch_write(&run->batch, on_closed);
}

/* ---- writing ---- */

void run_wait(struct run *run, const struct run_row *row, const char *reason)
{
	struct batch_failure failure = { 0 };
	snprintf(failure.message, sizeof(failure.message), "%s", reason);
	waiting_note(
		&run->waiting, row->id, row->user_id, row->at, row->place, WAITING_HELD, &failure);
}

void run_wrote(struct run *run, const char *id)
{
	if (run->wrote_n == run->wrote_size) {
		run->wrote_size = run->wrote_size ? run->wrote_size * 2 : 64;
		run->wrote = mem_realloc_array(run->wrote, run->wrote_size, sizeof(*run->wrote));
	}
	run->wrote[run->wrote_n++] = id;
}

void run_refused(void *arg, size_t i)
{
	struct run *run = arg;
	struct run_row row;
	run->ops->row(run, i, &row);
	run->sequence_behind = run->sequence_behind || run_met_sequence(run);
	waiting_note(&run->waiting, row.id, row.user_id, row.at, row.place,
		waiting_why_of(run->batch.failure.sqlstate), &run->batch.failure);
}

/* All that was tried fails, and not as a row fails: it may be the server's trouble, so that nobody is
 * blamed, unless it happens again. */
static bool blames_server(struct run *run)
{
	const struct writing *w = &run->writing;
	bool all_failed = w->sift.wrote == 0 && w->sift.bad > 0 && w->as_server;
	return !run->job->retries && !hunt_blames(&run->trouble->hunt, all_failed);
}

void run_written(void *arg)
{
	struct run *run = arg;
	run->full = run->full || run->writing.left > 0;
	if (run->writing.sift.bad > 0 && (run_mend_sequences(run) || blames_server(run))) {
		batch_give_up(&run->batch);
		return;
	}
	bool waited = run->job->retries || run->trouble->hunt.waiting;
	if (run->careful || waited || run->waiting.n > 0) {
		run_close(run);
		return;
	}
	on_closed(run, NULL); /* the level was asked for with the write */
}

/* Probes are expected to fail: one after the other, until one does not. */
static size_t first_attempt(const struct run *run)
{
	bool probing = run->job->retries && run->retry.why == WAITING_REFUSED &&
		       run->retry.tries > 0;
	return run->job->retries ? probing : run->trouble->hunt.first;
}

void run_write(struct run *run, size_t n)
{
	run->phase = RUN_WRITING;
	writing_start(&run->writing, &run->batch, &run->ops->writing, run, n, first_attempt(run),
		run->careful);
}

/* ---- claiming ---- */

bool run_looks_for_waiting(const struct run *run)
{
	return run->careful || run->trouble->hunt.waiting;
}

void run_add_claim(struct run *run, enum query_id query, const struct params *params)
{
	if (run->latest)
		conn_add_other(run->batch.conn, query, params);
	else
		conn_add(run->batch.conn, query, params);
}

void run_add_fairness(struct run *run, usec_t wanted, struct params *params)
{
	const char *ids[CROWD_USERS];
	size_t others = run->limit > run->share ? run->limit - run->share : 1;
	run->look = crowd_look(&run->trouble->crowd, wanted, run->order.fresh);
	params_texts(params, ids, crowd_marked(&run->trouble->crowd, ids));
	params_instant(params, run->look.from);
	params_int8(params, (int64_t)others);
	params_int8(params, run->look.steps);
	params_int8(params, (int64_t)run->share);
	run->others = others;
}

void run_take_fairness(struct run *run, const PGresult *claimed, int column)
{
	size_t others = (size_t)row_int8(claimed, 0, column);
	run->seen = (struct crowd_seen){ .stepped = row_int8(claimed, 0, column + 1),
		.reached = row_instant(claimed, 0, column + 2),
		.cut = others >= run->others };
	run->full = run->seen.cut || row_bool(claimed, 0, column + 3);
	run->others = others;
}

static void on_claimed(void *job, const struct reply *reply)
{
	struct run *run = job;
	run->ops->claimed(run, reply, reply->n - 1);
}

static void on_chosen(void *job, const struct reply *reply)
{
	struct run *run = job;
	struct retry *retry = &run->retry;
	retry_take_choose(retry, reply, 0);
	if (retry_chosen(retry) == 0) {
		run_close(run);
		return;
	}
	if (retry->why == WAITING_KILLING) {
		run->phase = RUN_COUNTING;
		retry_add_count(retry, run->batch.conn);
		batch_write(&run->batch, on_closed);
		return;
	}
	const char **ids CLEANUP(mem_cleanup) = chosen_ids(run);
	run->phase = RUN_CLAIMING;
	run->limit = retry_chosen(retry);
	run->ops->add_claim_waiting(run, ids, run->limit);
	batch_fly(&run->batch, on_claimed);
}

static void on_picked(void *job, const struct reply *reply)
{
	struct run *run = job;
	if (!retry_take_pick(&run->retry, reply->results[BATCH_BEGIN_RESULTS])) {
		batch_abandon(&run->batch);
		return;
	}
	size_t full = hunt_limit(&run->trouble->hunt, (size_t)run->site.conf->batch_size);
	retry_add_choose(&run->retry, full, run->batch.conn);
	batch_fly(&run->batch, on_chosen);
}

/* ---- the begin ---- */

static struct batch_settings settings_of(const struct run *run)
{
	struct batch_settings settings = job_settings(
		&run->site, run->careful ? HUNT_CAREFUL_LOCK : HUNT_PLAIN_LOCK);
	if (run->careful && !run->job->retries && settings.statement_timeout > HUNT_ATTEMPT)
		settings.statement_timeout = HUNT_ATTEMPT;
	settings.repetitive = run->careful;
	return settings;
}

static void confess(struct run *run)
{
	run->phase = RUN_CONFESSING;
	waiting_clear(&run->confessed);
	run->confessed = run->trouble->suspects;
	run->trouble->suspects = (struct waiting){ 0 };
	waiting_add(&run->confessed, run->job->retries ? run->job->retries->name : run->job->name,
		run->batch.conn);
	batch_write(&run->batch, on_closed);
}

static void claim(struct run *run)
{
	bool counted = run->phase == RUN_COUNTING;
	run->phase = RUN_CLAIMING;
	if (counted) {
		const char **ids CLEANUP(mem_cleanup) = chosen_ids(run);
		run->limit = retry_chosen(&run->retry);
		run->ops->add_claim_waiting(run, ids, run->limit);
	} else {
		run->ops->add_claim(run);
	}
	batch_fly(&run->batch, on_claimed);
}

static void on_plain(void *job, const struct reply *reply)
{
	struct run *run = job;
	const char *why = run->ops->took_plain(run, reply, BATCH_BEGIN_RESULTS);
	if (why)
		batch_refuse(&run->batch, WRITING_DROPPED, why);
	else if (run->wrote_n == 0)
		batch_abandon(&run->batch);
	else
		run_written(run);
}

static void begin(struct run *run)
{
	struct batch_settings settings = settings_of(run);
	const char *kind = run->job->retries ? run->job->retries->name : run->job->name;
	batch_begin(&run->batch, run->site.conn, kind, &settings, on_done, run);
	if (run->trouble->suspects.n > 0 && run->phase != RUN_COUNTING) {
		confess(run);
	} else if (run->job->retries && run->phase != RUN_COUNTING) {
		run->phase = RUN_CHOOSING;
		retry_add_pick(&run->retry, kind, run->site.conn);
		batch_fly(&run->batch, on_picked);
	} else if (!run->careful && run->ops->add_plain) {
		run->phase = RUN_WRITING;
		run->ops->add_plain(run);
		batch_write(&run->batch, on_plain);
	} else {
		claim(run);
	}
}

/* While others are looked for, too, a batch may not hold them up for long. */
static void be_fair_and_brief(struct run *run)
{
	size_t percent = (size_t)run->site.conf->user_share, full = run->limit;
	const struct trouble *trouble = run->trouble;
	bool fair = run->job->fair && percent && percent < 100 && trouble->crowd.marked > 0 &&
		    !run->latest && (!run->careful || !run->ops->add_plain);
	run->seen.stepped = -1;
	if (!run->careful && run->order.brief)
		run->limit = pace_brief(&trouble->pace, full, full / BRIEF_LEAST);
	else if (!run->careful && fair)
		run->limit = pace_brief(&trouble->pace, full, full / FAIR_LEAST);
	if (fair)
		run->share = (run->limit * percent + 99) / 100;
}

void run_start(struct run *run, const struct run_ops *ops, const struct job *job,
	const struct job_site *site, const struct job_order *order, job_done_fn *done, void *arg)
{
	run->job = job;
	run->ops = ops;
	run->site = *site;
	run->order = *order;
	run->done = done;
	run->arg = arg;
	run->trouble = job_trouble(site->shared, job);
	run->losses = run->trouble->hunt.losses;
	run->careful = job->retries || run->trouble->hunt.careful > 0;
	run->limit = hunt_limit(&run->trouble->hunt, (size_t)site->conf->batch_size);
	run->latest = run->careful && !job->retries && !order->fresh &&
		      hunt_begins_with_latest(&run->trouble->hunt);
	be_fair_and_brief(run);
	run->phase = RUN_CLAIMING;
	run->through = USEC_MINUS_INFINITY;
	begin(run);
}

void run_free(struct run *run)
{
	if (!run)
		return;
	batch_clear(&run->batch);
	clear(run);
	retry_clear(&run->retry);
	free(run);
}
