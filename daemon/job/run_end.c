/* What a batch comes to: the report, and what the next ones of its kind learn from it. */
#include <stdio.h>
#include <string.h>

#include "job/run_private.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"

static void note_suspects(struct run *run)
{
	const struct writing *w = &run->writing;
	size_t rows = run->careful ? w->n : run->claimed_n;
	if (run->job->retries && run->retry.why == WAITING_KILLING)
		return; /* they are suspects already, and that they were tried is counted (retry_add_count) */
	if (run->phase != RUN_WRITING || !hunt_lost(&run->trouble->hunt, rows, run->losses))
		return;
	struct err why;
	err_set(&why, "the session ends when it is written: %s", run->batch.failure.message);
	struct batch_failure failure = run->batch.failure;
	snprintf(failure.message, sizeof(failure.message), "%s", why.text);
	for (size_t i = w->from; i < w->from + w->n; i++) {
		struct run_row row;
		run->ops->row(run, i, &row);
		waiting_note(&run->trouble->suspects, row.id, row.user_id, row.at, row.place,
			WAITING_KILLING, &failure);
	}
}

bool run_met_sequence(const struct run *run)
{
	static const char *const keys[] = { "constraint pk_notifications",
		"constraint pk_decisions" };
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (strcmp(run->batch.failure.object, keys[i]) == 0)
			return true;
	}
	return false;
}

#define SEQUENCES_EVERY (60 * USEC_PER_SEC)

bool run_mend_sequences(struct run *run)
{
	struct job_shared *shared = run->site.shared;
	usec_t now = clock_monotonic();
	bool just = shared->sequences_at && now - shared->sequences_at < SEQUENCES_EVERY;
	if (!(run->sequence_behind || run_met_sequence(run)) || just)
		return false;
	shared->sequences_behind = true;
	return true;
}

/* Who waits could not be written down, and nobody was served: the next batch would do the same at once. */
static void pause_unrecorded(struct job_report *report)
{
	report->outcome = BATCH_FAILED;
	report->again = report->full = false;
	report->failure = (struct batch_failure){ .sqlstate = WRITING_DROPPED };
	snprintf(report->failure.message, sizeof(report->failure.message),
		"rows of recurd.waiting are dropped, by a trigger or a rule");
}

static void log_flood(const struct run *run, const char *user)
{
	if (!tell_rate_take(&run->site.shared->troubled, clock_monotonic()))
		return;
	struct log_line line;
	log_begin(&line, LOG_NOTICE, "flood");
	log_text(&line, "kind", run->job->name);
	log_stored(&line, "user", user);
	log_text(&line, "next", "others who are due go first");
	log_end(&line);
}

/* Whose rows they were, and how far the others were looked for. */
static void learn_of_crowd(struct run *run)
{
	struct crowd *crowd = &run->trouble->crowd;
	size_t percent = (size_t)run->site.conf->user_share, n;
	size_t full = (size_t)run->site.conf->batch_size;
	if (!run->job->fair)
		return;
	if (!percent || percent >= 100 || (!run->full && !run->order.fresh)) {
		crowd_forget(crowd);
		return;
	}
	if (run->share && run->seen.stepped >= 0) {
		run->seen.now = run->batch.now;
		crowd_looked(crowd, &run->look, &run->seen);
	}
	const char **users CLEANUP(mem_cleanup) = run->ops->users(run, &n);
	const char *marked[CROWD_USERS];
	size_t newly = crowd_count(crowd, users, n, full, (full * percent + 99) / 100, marked);
	for (size_t i = 0; i < newly; i++)
		log_flood(run, marked[i]);
}

/* What the next batches of the kind learn from one that was no retry. */
static void teach(struct run *run)
{
	struct hunt *hunt = &run->trouble->hunt;
	/* Nobody is in the way of the others, who need only be told from those that wait. */
	hunt->waiting = hunt->waiting || run->elsewhere_n > 0;
	if (run->waiting.n > run->elsewhere_n)
		hunt_failed(hunt);
	else
		hunt_worked(hunt);
	if (run->writing.sift.bad > 0)
		hunt_go_on_with(hunt, run->writing.sift.size);
	if (run->writing.left > 0)
		hunt_slow(hunt, run->writing.sift.at);
}

static void note_pace(const struct run *run)
{
	struct counters *counters = &run->site.shared->counters;
	usec_t took = clock_monotonic() - run->batch.began_at;
	spans_add_batch(&run->site.shared->spans, run->job->name, took);
	if (run->careful || run->wrote_n < PACE_ROWS)
		return;
	pace_note(&run->trouble->pace, run->wrote_n, took);
	counter_add(counters, COUNTER_BULK_ROWS, run->wrote_n);
	counter_add(counters, COUNTER_BULK_MS, (size_t)(took / USEC_PER_MSEC));
}

static void take_commit(struct run *run, struct job_report *report)
{
	struct job_shared *shared = run->site.shared;
	report->again = true;
	run->ops->count(run, &shared->counters);
	counter_add(&shared->counters, COUNTER_WAITING, run->job->retries ? 0 : run->waiting.n);
	counter_add(&shared->counters, COUNTER_CAREFUL, run->careful);
	report->refused = waiting_count_refused(&run->waiting);
	if (run->unrecorded && run->wrote_n == 0)
		pause_unrecorded(report);
	waiting_log(&run->waiting, run->ops->named, run->ops->reminders,
		run->job->retries ? NULL : &shared->troubled);
	if (!run->job->retries)
		teach(run);
	learn_of_crowd(run);
	note_pace(run);
	counter_add(&shared->counters, COUNTER_FAIR, run->share && run->others > 0);
	usec_t soon = clock_monotonic() + USEC_PER_SEC;
	if ((run->waiting.n > 0 || run->job->retries) && soon < shared->tally_at)
		shared->tally_at = soon;
}

/* A plain batch that was refused, for whatever reason: the next one is careful, and finds out. */
static bool is_to_be_careful(const struct run *run)
{
	return run->phase == RUN_WRITING && !run->careful;
}

void run_report(struct run *run, enum batch_outcome outcome)
{
	struct job_report report = { .outcome = outcome, .failure = run->batch.failure };
	report.full = outcome == BATCH_COMMITTED && run->full;
	report.alone = report.full && !run->careful && run->waiting.n == 0 &&
		       run->through != USEC_MINUS_INFINITY &&
		       !run->share; /* with others first, it is not in order */
	report.through = run->through;
	struct counters *counters = &run->site.shared->counters;
	switch (outcome) {
	case BATCH_COMMITTED:
		counter_add(counters, COUNTER_BATCHES, 1);
		take_commit(run, &report);
		break;
	case BATCH_LOST:
		counter_add(counters, COUNTER_LOST, 1);
		crowd_doubt(&run->trouble->crowd);
		note_suspects(run);
		break;
	case BATCH_CONFLICT:
	case BATCH_ROW:
	case BATCH_FAILED:
		counter_add(counters, COUNTER_FAILED, 1);
		crowd_doubt(&run->trouble->crowd);
		report.again = run_mend_sequences(run) || is_to_be_careful(run);
		if (run->phase == RUN_WRITING && !run->job->retries)
			hunt_failed(&run->trouble->hunt);
		if (is_to_be_careful(run))
			hunt_go_on_with(&run->trouble->hunt, sift_smaller(run->claimed_n));
		break;
	case BATCH_OUTDATED:
		report.again = true;
		break;
	case BATCH_NOTHING:
		break;
	}
	run->done(run->arg, &report);
}
