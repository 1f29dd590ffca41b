/* The generator's batches; see the header.  How a row that nobody can write is found: narrow.h. */
#include "job/generator.h"

#include <stdlib.h>
#include <string.h>

#include "db/rows.h"
#include "job/caution.h"
#include "job/generate_batch.h"
#include "job/narrow.h"
#include "job/parking.h"
#include "plan/template_row.h"
#include "util/clock.h"
#include "util/fault.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/timefmt.h"

#define SLICE          (4 * USEC_PER_MSEC) /* planning at a stretch, then the loop has its turn */
#define PLANNING_LIMIT (500 * USEC_PER_MSEC) /* of a batch; sane rules need a hundredth of it */
#define CLAIM_BYTES    (4 << 20) /* of rules in a batch; sane ones need a tenth of a kilobyte each */
#define REFUSALS_MAX   2

struct generator {
	struct ev_loop *loop;
	struct ev_timer slice; /* zero timer between slices */
	struct tell_rate *rate;
	struct batch batch;
	struct generator_options options;
	enum generator_source source;
	generator_done_fn *done;
	void *arg;
	struct parking *parking;
	char *alone; /* the parked user that this batch is about; NULL: everybody else */
	bool alone_lost; /* he waits because sessions ended */
	struct caution caution;
	struct narrow narrow;
	struct narrow heavy; /* the same for rules that are large */
	size_t limit; /* of this batch */
	char *suspect_user, *suspect_template; /* the only row of a batch of one */
	uint64_t blamed_at; /* parking->worked when a row was last blamed for a failure */
	char *lost_template; /* the only row of a batch that was lost */
	char *refused_template, *refusal; /* the server refused its task, and why */
	int refusals; /* in a row: one may be a passing race, two are a verdict */
	usec_t planning_began;
	PGresult *claimed, *written;
	int next_row;
	bool postponed; /* rows of this batch that cannot be planned just now */
	struct generate_batch rows;
	size_t locked_n, claimed_n, made_n;
};

static void on_slice(struct ev_loop *loop, struct ev_timer *timer, int events);

struct generator *generator_create(
	struct ev_loop *loop, struct tell_rate *rate, struct parking *parking)
{
	struct generator *generator = mem_alloc(sizeof(*generator));
	generator->loop = loop;
	generator->rate = rate;
	generator->parking = parking;
	generator->blamed_at = UINT64_MAX;
	ev_timer_init(&generator->slice, on_slice, 0., 0.);
	generator->slice.data = generator;
	return generator;
}

static void replace(char **text, const char *value)
{
	free(*text);
	*text = value ? mem_strdup(value) : NULL;
}

static void clear_batch(struct generator *generator)
{
	generate_batch_clear(&generator->rows);
	PQclear(generator->claimed);
	generator->claimed = NULL;
	PQclear(generator->written);
	generator->written = NULL;
}

void generator_destroy(struct generator *generator)
{
	if (!generator)
		return;
	ev_timer_stop(generator->loop, &generator->slice);
	batch_clear(&generator->batch);
	clear_batch(generator);
	replace(&generator->alone, NULL);
	replace(&generator->suspect_user, NULL);
	replace(&generator->suspect_template, NULL);
	replace(&generator->lost_template, NULL);
	replace(&generator->refused_template, NULL);
	replace(&generator->refusal, NULL);
	free(generator);
}

/* ---- the end of a batch ---- */

static void park(struct generator *generator, const char *user_id, const char *template_id,
	int priority, const char *why)
{
	enum batch_outcome outcome = generator->batch.outcome;
	enum parking_why because = outcome == BATCH_LOST     ? PARKED_LOST
				   : outcome == BATCH_FAILED ? PARKED_FAILED
							     : PARKED_HELD;
	bool first = parking_add(
		generator->parking, user_id, because, (int)generator->source, clock_monotonic());
	struct log_line line;
	log_begin(&line, first ? priority : LOG_DEBUG, "held");
	log_text(&line, "template", template_id);
	log_text(&line, "user", user_id);
	log_text(&line, "reason", why);
	log_text(&line, "next", "waits alone, the others go on");
	log_end(&line);
}

static bool was_refused(const struct generator *generator, const char *template_id)
{
	return generator->refused_template && strcmp(generator->refused_template, template_id) == 0;
}

static void note_refusal(struct generator *generator)
{
	struct err why;
	err_set(&why, "the database refuses the task: %s (SQLSTATE %s)",
		generator->batch.failure.message, generator->batch.failure.sqlstate);
	if (!was_refused(generator, generator->suspect_template))
		generator->refusals = 0;
	generator->refusals++;
	replace(&generator->refused_template, generator->suspect_template);
	replace(&generator->refusal, why.text);
}

/* A conflict or a refused row: look for it in ever smaller batches. */
static void close_in(struct generator *generator, enum batch_outcome outcome)
{
	if (generator->claimed_n != 1) {
		narrow_failed(&generator->narrow,
			generator->claimed_n ? generator->claimed_n : generator->limit);
		return;
	}
	bool hopeless = was_refused(generator, generator->suspect_template) &&
			generator->refusals >= REFUSALS_MAX;
	if (outcome == BATCH_CONFLICT || hopeless) /* not even the verdict can be written */
		park(generator, generator->suspect_user, generator->suspect_template, LOG_NOTICE,
			generator->batch.failure.message);
	else
		note_refusal(generator);
}

/* What is written now is no row over which sessions end. */
static void acquit(struct generator *generator)
{
	for (size_t i = 0; generator->lost_template && i < generator->rows.n; i++) {
		if (strcmp(generator->rows.planned[i].template.id, generator->lost_template) == 0)
			replace(&generator->lost_template, NULL);
	}
}

/* Sessions that end over one template again and again: it waits, for the sake of all others. */
static void note_loss(struct generator *generator)
{
	const char *template_id = generator->suspect_template;
	bool suspected = narrow_lost(&generator->narrow, generator->claimed_n);
	if (generator->claimed_n != 1 || (!suspected && !generator->alone))
		return;
	bool again = generator->lost_template && strcmp(generator->lost_template, template_id) == 0;
	replace(&generator->lost_template, again ? NULL : template_id);
	if (!again && !generator->alone_lost)
		return;
	struct err why;
	err_set(&why, "the session ends whenever its task is written: %s",
		generator->batch.failure.message);
	park(generator, generator->suspect_user, template_id, LOG_ERR, why.text);
}

/* The server cannot write it, for a reason that need not be a row's: as long as others are served it is.
 * true: no reason for a pause. */
static bool note_failure(struct generator *generator)
{
	bool written = strcmp(generator->batch.failure.statement,
			       query_name(QUERY_GENERATE_WRITE)) == 0;
	if (!written || generator->claimed_n == 0)
		return false;
	bool suspected = narrow_lost(&generator->narrow, generator->claimed_n);
	if (!suspected && !generator->alone)
		return generator->narrow.losses >= NARROW_LOSSES;
	bool others_work = generator->blamed_at != generator->parking->worked;
	generator->blamed_at = generator->parking->worked;
	park(generator, generator->suspect_user, generator->suspect_template, LOG_ERR,
		generator->batch.failure.message);
	return others_work || generator->alone;
}

static void on_done(void *job, enum batch_outcome outcome)
{
	struct generator *generator = job;
	struct generator_report report = { .outcome = outcome,
		.failure = &generator->batch.failure,
		.claimed = generator->claimed_n,
		.full = !generator->alone && generator->locked_n == generator->limit };
	if (outcome == BATCH_COMMITTED) {
		report.made = generator->made_n;
		report.quarantined = generator->rows.quarantined;
		if (generator->alone)
			parking_remove(generator->parking, generator->alone);
		else
			generator->parking->worked++;
		replace(&generator->refused_template, NULL);
		acquit(generator);
		narrow_worked(&generator->narrow, generator->options.limit);
		caution_worked(&generator->caution);
	} else if (outcome == BATCH_NOTHING && generator->alone && !generator->postponed) {
		parking_remove(generator->parking, generator->alone);
		report.again = true;
	} else if (outcome == BATCH_ROW &&
		   caution_failed(&generator->caution, &generator->batch.failure)) {
		report.again = true;
	} else if (outcome == BATCH_CONFLICT || outcome == BATCH_ROW) {
		close_in(generator, outcome);
		/* A claim that waits in vain, for a whole table say, is no hurry. */
		report.again = generator->claimed_n > 0;
	}
	report.again = report.again || outcome == BATCH_COMMITTED ||
		       (outcome == BATCH_FAILED && note_failure(generator));
	if (outcome == BATCH_LOST)
		note_loss(generator);
	clear_batch(generator);
	generator->done(generator->arg, &report);
}

/* ---- writing ---- */

static void log_batch(const struct generator *generator, size_t silent)
{
	const struct template *oldest = &generator->rows.planned[0].template;
	struct log_line line;
	log_begin(&line, silent ? LOG_NOTICE : LOG_DEBUG, "batch");
	log_text(&line, "kind", generator->source == GENERATOR_DUE ? "generate" : "replan");
	log_int(&line, "rows", (int64_t)generator->made_n);
	log_int(&line, "templates", (int64_t)generator->rows.n);
	log_int(&line, "without_line", (int64_t)silent);
	log_int(&line, "ms", (clock_monotonic() - generator->batch.began_at) / USEC_PER_MSEC);
	if (generator->source == GENERATOR_DUE && oldest->next_due_at != USEC_MINUS_INFINITY)
		log_int(&line, "lag_ms",
			(generator->batch.now - oldest->next_due_at) / USEC_PER_MSEC);
	log_end(&line);
}

static void log_and_commit(struct generator *generator)
{
	generator->made_n = (size_t)PQntuples(generator->written);
	struct tell_hint hint CLEANUP(tell_hint_free);
	tell_hint_init(&hint, "task_created");
	size_t silent = generate_batch_log(&generator->rows, generator->written,
		batch_clock(&generator->batch), generator->rate,
		generator->options.notify_task_created, &hint);
	log_batch(generator, silent);
	batch_commit(&generator->batch, tell_hint_text(&hint));
}

/* What the server passes over without an error would be lost without a word. */
static void on_missing(void *job, const struct reply *reply)
{
	struct generator *generator = job;
	if (PQntuples(reply->results[0]) == 0)
		log_and_commit(generator);
	else
		batch_refuse(&generator->batch, "23505",
			"the insert is passed over: a unique index or a trigger of the "
			"application's is in its way");
}

static void on_written(void *job, const struct reply *reply)
{
	struct generator *generator = job;
	fault("generator.written_not_logged");
	generator->written = reply_take(reply, 0);
	if ((size_t)PQntuples(generator->written) == generator->rows.made_n) {
		log_and_commit(generator);
		return;
	}
	struct params params CLEANUP(params_free);
	params_init(&params);
	generate_batch_instances(&generator->rows, &params);
	conn_add(generator->batch.conn, QUERY_GENERATE_MISSING, &params);
	batch_write(&generator->batch, on_missing);
}

static void write_batch(struct generator *generator)
{
	fault("generator.planned_not_written");
	struct params params CLEANUP(params_free);
	params_init(&params);
	generate_batch_params(&generator->rows, generator->batch.now,
		generator->options.notify_task_created, &params);
	caution_add(&generator->caution, generator->batch.conn, QUERY_GENERATE_WRITE, &params);
	batch_write(&generator->batch, on_written);
}

/* ---- planning ---- */

static void plan_row(struct generator *generator, int row)
{
	struct template template;
	struct plan plan;
	template_row_read(generator->claimed, row, 0, &template);
	if (generator->claimed_n == 1) {
		replace(&generator->suspect_user, template.user_id);
		replace(&generator->suspect_template, template.id);
	}
	if (was_refused(generator, template.id) && generator->refusals >= REFUSALS_MAX)
		plan_quarantine(&template, generator->refusal, &plan);
	else
		plan_make(&template, generator->batch.now, &generator->options.policy,
			generator->limit - generator->rows.made_n, &plan);
	if (plan.outcome != PLAN_POSTPONED) {
		generate_batch_add(&generator->rows, &template,
			row_place(generator->claimed, row, TEMPLATE_COLUMNS), &plan);
		return;
	}
	generator->postponed = true;
	park(generator, template.user_id, template.id, LOG_WARNING, plan.failure.text);
	plan_finish(&plan);
}

static void plan_slice(struct generator *generator)
{
	usec_t until = clock_monotonic() + SLICE;
	while (generator->next_row < (int)generator->claimed_n &&
		generator->rows.made_n < generator->limit) {
		plan_row(generator, generator->next_row++);
		/* Costly rules: what is planned is written before the server loses its patience. */
		if (clock_monotonic() - generator->planning_began > PLANNING_LIMIT)
			break;
		if (clock_monotonic() >= until) {
			ev_timer_set(&generator->slice, 0., 0.);
			ev_timer_start(generator->loop, &generator->slice);
			return;
		}
	}
	if (generator->rows.n > 0)
		write_batch(generator);
	else
		batch_abandon(&generator->batch);
}

static void on_slice(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	struct generator *generator = timer->data;
	if (batch_alive(&generator->batch))
		plan_slice(generator);
	else
		batch_lose(&generator->batch);
}

/* ---- claiming ---- */

/* Rules are read for all that are locked: where not all of them fit, locking as many again is a waste. */
static void weigh(struct generator *generator)
{
	generator->locked_n = (size_t)row_int8(generator->claimed, 0, TEMPLATE_COLUMNS + 1);
	if (generator->locked_n > generator->claimed_n)
		narrow_failed(&generator->heavy, 2 * generator->claimed_n);
	else if (!generator->alone)
		narrow_worked(&generator->heavy, generator->options.limit);
}

static void on_claimed(void *job, const struct reply *reply)
{
	struct generator *generator = job;
	generator->claimed = reply_take(reply, BATCH_BEGIN_RESULTS);
	generator->claimed_n = (size_t)PQntuples(generator->claimed);
	generator->next_row = 0;
	generator->postponed = false;
	generator->planning_began = clock_monotonic();
	fault("generator.claimed");
	if (generator->claimed_n == 0) {
		batch_abandon(&generator->batch);
		return;
	}
	weigh(generator);
	plan_slice(generator);
}

static void claim_params(struct generator *generator, struct params *params)
{
	const char *parked[PARKING_MAX];
	size_t n = generator->alone ? 0 : parking_ids(generator->parking, parked);
	params_int8(params, (int64_t)generator->limit);
	params_texts(params, parked, n);
	params_text(params, generator->alone);
	if (generator->source == GENERATOR_DUE)
		params_instant(params,
			generator->alone ? generator->options.oldest : generator->options.from);
	params_int8(params, CLAIM_BYTES);
}

/* Who waits alone is tried as he was when he failed, whether his template was due or edited. */
static void choose_who(struct generator *generator, enum generator_source source)
{
	const struct parked *parked = source == GENERATOR_DUE
					      ? parking_take(generator->parking, clock_monotonic())
					      : NULL;
	replace(&generator->alone, parked ? parked->user_id : NULL);
	generator->source = parked ? (enum generator_source)parked->way : source;
	generator->alone_lost = parked && parked->why == PARKED_LOST;
	if (parked)
		caution_once(&generator->caution);
}

void generator_run(struct generator *generator, struct conn *conn,
	const struct batch_settings *settings, const struct generator_options *options,
	enum generator_source source, generator_done_fn *done, void *arg)
{
	generator->options = *options;
	generator->done = done;
	generator->arg = arg;
	generator->locked_n = generator->claimed_n = 0;
	generator->made_n = 0;
	choose_who(generator, source);
	size_t limit = narrow_limit(&generator->heavy, options->limit);
	generator->limit = generator->alone ? 1 : narrow_limit(&generator->narrow, limit);
	struct batch_settings own = *settings;
	if ((generator->alone || generator->narrow.limit) && own.lock_timeout > NARROW_LOCK_TIMEOUT)
		own.lock_timeout = NARROW_LOCK_TIMEOUT;
	struct params params CLEANUP(params_free);
	params_init(&params);
	claim_params(generator, &params);
	batch_begin(&generator->batch, conn, "generate", &own, on_done, generator);
	conn_add(conn,
		generator->source == GENERATOR_DUE ? QUERY_GENERATE_CLAIM
						   : QUERY_GENERATE_CLAIM_EDITED,
		&params);
	batch_fly(&generator->batch, on_claimed);
}
