/* backfill: makes what somebody asked for of the past (recurd.backfills), a batch of one request at a time, the one
 * that has waited longest.  How far a request came stands in its row, written with what was made: a crash leaves the
 * one without the other nowhere.  A request that the application's tables refuse ends with the reason. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "db/rows.h"
#include "job/job.h"
#include "job/kinds.h"
#include "plan/account_row.h"
#include "plan/backfill.h"
#include "plan/template_row.h"
#include "util/clock.h"
#include "util/fault.h"
#include "util/log.h"
#include "util/mem.h"

#define MAKES      500 /* of one batch */
#define LOOKS      5000 /* at occurrences, in one batch */
#define TASKS      LOOKS /* instances read in one batch */
#define SLICES     50 /* of computation, about a millisecond each */
#define WAITS_FOR  (10 * USEC_PER_SEC)
#define RETRY_LOCK (5 * USEC_PER_SEC)

extern const struct job job_backfill;

/* Columns of backfill_claim.sql. */
enum {
	COLUMN_POLICY = TEMPLATE_COLUMNS,
	COLUMN_FAILED_AT = COLUMN_POLICY + POLICIES_COLUMNS,
	COLUMN_FAILURE,
	COLUMN_REQUEST,
	COLUMN_BY,
	COLUMN_FROM,
	COLUMN_TO,
	COLUMN_THROUGH,
	COLUMN_MADE
};

struct filling {
	struct batch batch;
	struct job_site site;
	job_done_fn *done;
	void *arg;
	struct plan_policy policy;
	struct template template;
	struct policies policies;
	PGresult *claimed, *tasks, *changes, *turns;
	int next_task;
	size_t limit; /* of this batch */
	bool capped, limited; /* why the limit is what it is */
	struct backfill made;
	size_t written_n;
	struct tell_hint hint;
	const char *outcome; /* NULL: it goes on */
	struct strbuf detail;
	struct job_report report;
};

/* ---- telling ---- */

static void log_filled(const struct filling *f)
{
	struct log_line line;
	log_begin(&line, f->outcome && strcmp(f->outcome, "failed") == 0 ? LOG_WARNING : LOG_INFO,
		"backfilled");
	log_stored(&line, "template", f->template.id);
	log_stored(&line, "user", f->template.user_id);
	log_stored(&line, "request", row_text(f->claimed, 0, COLUMN_REQUEST));
	log_stored(&line, "by", row_text(f->claimed, 0, COLUMN_BY));
	log_int(&line, "made", (int64_t)f->written_n);
	if (f->made.through != INSTANT_NONE)
		log_instant(&line, "through", f->made.through);
	log_text(&line, "outcome", f->outcome);
	log_text(&line, "reason", f->detail.len > 0 ? f->detail.data : NULL);
	log_end(&line);
}

static void tell(struct filling *f)
{
	bool speaks = f->written_n > 0 || f->outcome;
	if (speaks && tell_rate_take(&f->site.shared->generated, clock_monotonic()))
		log_filled(f);
	batch_commit(&f->batch, tell_hint_text(&f->hint));
}

/* ---- how far it came ---- */

static void on_progress(void *job, const struct reply *reply)
{
	(void)reply;
	fault("backfill.written_not_committed");
	tell(job);
}

static void write_progress(struct filling *f, usec_t again)
{
	const struct backfill *made = &f->made;
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_text(&params, row_text(f->claimed, 0, COLUMN_REQUEST));
	params_instant(&params, made->through);
	params_int8(&params, (int64_t)f->written_n);
	params_int8(&params, made->there);
	params_int8(&params, made->left_out);
	params_text(&params, f->outcome);
	params_utf8(&params, f->detail.len > 0 ? f->detail.data : NULL);
	params_int8(&params, again);
	conn_add(f->batch.conn, QUERY_BACKFILL_PROGRESS, &params);
	f->report.again = again == 0;
	batch_write(&f->batch, on_progress);
}

static void end(struct filling *f, const char *outcome)
{
	f->outcome = outcome;
	write_progress(f, 0);
}

/* What is behind the last of this batch. */
static void go_on(struct filling *f)
{
	const struct backfill *made = &f->made;
	bool used_up = made->n == f->limit;
	if (*made->problem.text)
		strbuf_addf(&f->detail, "not all could be expanded: %s", made->problem.text);
	if (made->over) {
		end(f, "done");
	} else if (made->waits) {
		strbuf_add_text(
			&f->detail, "waits: what is due behind that is for a worker to make first");
		write_progress(f, WAITS_FOR);
	} else if (used_up && f->limited) {
		strbuf_add_text(&f->detail, "its user has as many instances as a day may have "
					    "(max_instances_per_user_day): ask again tomorrow");
		end(f, "limited");
	} else if (used_up && f->capped) {
		strbuf_addf(&f->detail,
			"%d were made, as many as one request may: ask again from there on",
			BACKFILL_CAP);
		end(f, "capped");
	} else {
		write_progress(f, 0);
	}
}

/* ---- writing ---- */

static void on_written(void *job, const struct reply *reply)
{
	struct filling *f = job;
	const PGresult *rows = reply->results[reply->n - 1];
	fault("backfill.made_not_recorded");
	for (int row = 0; row < PQntuples(rows); row++) {
		if (!row_bool(rows, row, 2))
			continue;
		tell_hint_add(&f->hint, row_text(rows, row, 0));
		f->written_n++;
	}
	if (!kind_told(&kind_task_created, f->site.settings))
		f->hint.count = 0;
	if (f->written_n < f->made.n)
		strbuf_addf(&f->detail,
			"%zu could not be made: a task that lost its template has the id, or a "
			"trigger, "
			"a rule or a policy on tasks drops it; ",
			f->made.n - f->written_n);
	go_on(f);
}

/* What a row is to blame for would be refused again and again. */
static void on_refused(void *job)
{
	struct filling *f = job;
	const struct batch_failure *failure = &f->batch.failure;
	if (sqlstate_classify(failure->sqlstate) != SQLSTATE_ROW) {
		batch_give_up(&f->batch);
		return;
	}
	strbuf_addf(&f->detail, "%s (%s)", failure->message, failure->sqlstate);
	backfill_finish(&f->made);
	f->made.through = INSTANT_NONE;
	conn_add(f->batch.conn, QUERY_TX_BACK, NULL);
	end(f, "failed");
}

static void add_items(const struct filling *f, struct params *params)
{
	const struct backfill *made = &f->made;
	usec_t *nominal = mem_alloc_array(made->n, sizeof(*nominal));
	usec_t *due = mem_alloc_array(made->n, sizeof(*due));
	int64_t *runs = mem_alloc_array(made->n, sizeof(*runs));
	const char **texts = mem_alloc_array(3 * made->n, sizeof(*texts));
	for (size_t i = 0; i < made->n; i++) {
		const struct backfill_item *item = &made->items[i];
		nominal[i] = item->nominal;
		due[i] = item->due;
		runs[i] = item->run;
		texts[i] = item->title;
		texts[made->n + i] = item->description;
		texts[2 * made->n + i] = item->priority;
	}
	params_instants(params, nominal, NULL, made->n);
	params_instants(params, due, NULL, made->n);
	for (size_t which = 0; which < 3; which++)
		params_utf8s(params, texts + which * made->n, made->n);
	params_int8s(params, runs, made->n);
	free(nominal);
	free(due);
	free(runs);
	free(texts);
}

static void write_tasks(struct filling *f)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_text(&params, f->template.id);
	params_text(&params, row_text(f->claimed, 0, COLUMN_BY));
	params_text(&params, row_text(f->claimed, 0, COLUMN_REQUEST));
	add_items(f, &params);
	params_text(&params, kind_told(&kind_task_created, f->site.settings));
	params_bool(&params, f->site.settings->max_instances_per_user_day > 0);
	fault("backfill.planned_not_written");
	conn_add(f->batch.conn, QUERY_TX_SAVEPOINT, NULL);
	conn_add(f->batch.conn, QUERY_BACKFILL_WRITE, &params);
	batch_attempt(&f->batch, on_written, on_refused);
}

/* ---- what is to be made ---- */

static bool next_task(void *source, struct account_task *ret_task)
{
	struct filling *f = source;
	int row = f->next_task;
	if (row == PQntuples(f->tasks))
		return false;
	f->next_task++;
	*ret_task = (struct account_task){ .id = mem_strdup(row_text(f->tasks, row, 0)),
		.occurrence = row_instant(f->tasks, row, 1),
		.due = INSTANT_NONE,
		.created = INSTANT_NONE };
	return true;
}

static usec_t known_to(const struct filling *f)
{
	int n = PQntuples(f->tasks);
	return n == TASKS ? row_instant(f->tasks, n - 1, 1) : USEC_INFINITY;
}

static usec_t begin_of(const struct filling *f)
{
	usec_t from = row_instant(f->claimed, 0, COLUMN_FROM);
	if (row_is_null(f->claimed, 0, COLUMN_THROUGH))
		return from;
	usec_t through = row_instant(f->claimed, 0, COLUMN_THROUGH) + 1;
	return through > from ? through : from;
}

static void plan(struct filling *f)
{
	struct account_input input = { .template = &f->template,
		.policy = &f->policy,
		.now = f->batch.now,
		.from = begin_of(f),
		.to = row_instant(f->claimed, 0, COLUMN_TO),
		.slices_max = SLICES,
		.next_task = next_task,
		.source = f };
	struct account_change *changes = account_changes_read(f->changes, &input);
	struct account_turn *turns = account_turns_read(f->turns, &input);
	struct backfill_limits limits = { known_to(f), f->limit, LOOKS };
	backfill_make(&input, &limits, &f->made);
	free(changes);
	free(turns);
}

/* What may be made now. */
static void find_limit(struct filling *f, const PGresult *today)
{
	int64_t made = row_int8(f->claimed, 0, COLUMN_MADE);
	int64_t most = f->site.settings->max_instances_per_user_day;
	size_t left = made < BACKFILL_CAP ? (size_t)(BACKFILL_CAP - made) : 0;
	f->limit = f->site.conf->batch_size < MAKES ? (size_t)f->site.conf->batch_size : MAKES;
	f->capped = left <= f->limit;
	f->limit = f->capped ? left : f->limit;
	if (most <= 0 || !f->template.user_id)
		return;
	int64_t already = today && PQntuples(today) > 0 ? row_int8(today, 0, 1) : 0;
	size_t allowed = already < most ? (size_t)(most - already) : 0;
	f->limited = allowed <= f->limit;
	f->limit = f->limited ? allowed : f->limit;
}

static void on_series(void *job, const struct reply *reply)
{
	struct filling *f = job;
	f->tasks = reply_take(reply, 0);
	f->changes = reply_take(reply, 1);
	f->turns = reply_take(reply, 2);
	find_limit(f, reply->n > 3 ? reply->results[3] : NULL);
	if (f->limit > 0)
		plan(f);
	if (f->made.n > 0)
		write_tasks(f);
	else
		go_on(f);
}

static void ask_of_series(struct filling *f)
{
	static const enum query_id queries[] = { QUERY_BACKFILL_CHANGES, QUERY_BACKFILL_TURNS };
	static const int64_t most[] = { ACCOUNT_CHANGES_MAX, ACCOUNT_TURNS_MAX };
	struct conn *conn = f->batch.conn;
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_text(&params, f->template.id);
	params_instant(&params, begin_of(f));
	params_instant(&params, row_instant(f->claimed, 0, COLUMN_TO) + USEC_PER_SEC);
	params_int8(&params, TASKS);
	conn_add(conn, QUERY_BACKFILL_TASKS, &params);
	for (size_t i = 0; i < ARRAY_LEN(queries); i++) {
		struct params newest CLEANUP(params_free);
		params_init(&newest);
		params_text(&newest, f->template.id);
		params_int8(&newest, most[i]);
		conn_add(conn, queries[i], &newest);
	}
	if (f->site.settings->max_instances_per_user_day > 0 && f->template.user_id) {
		struct params user CLEANUP(params_free);
		params_init(&user);
		params_texts(&user, &f->template.user_id, 1);
		conn_add(conn, QUERY_GENERATE_MADE, &user);
	}
	batch_fly(&f->batch, on_series);
}

/* ---- claiming ---- */

static void take_claim(struct filling *f)
{
	template_row_read(f->claimed, 0, 0, &f->template);
	if (policies_row_read(f->claimed, 0, COLUMN_POLICY, &f->policies))
		f->template.policies = &f->policies;
	f->made.through = INSTANT_NONE;
}

static void on_claimed(void *job, const struct reply *reply)
{
	struct filling *f = job;
	f->claimed = reply_take(reply, BATCH_BEGIN_RESULTS);
	fault("backfill.claimed");
	if (PQntuples(f->claimed) == 0) {
		batch_abandon(&f->batch);
		return;
	}
	if (*f->site.settings->trouble.text) {
		batch_refuse(&f->batch, "F0000", f->site.settings->trouble.text);
		return;
	}
	take_claim(f);
	if (row_is_null(f->claimed, 0, COLUMN_FAILED_AT)) {
		ask_of_series(f);
		return;
	}
	const char *failure = row_text(f->claimed, 0, COLUMN_FAILURE);
	strbuf_addf(&f->detail, "the template is in quarantine: %s; mend its rule and ask again",
		failure ? failure : "");
	end(f, "failed");
}

/* ---- life ---- */

static void on_done(void *job, enum batch_outcome outcome)
{
	struct filling *f = job;
	struct counters *counters = &f->site.shared->counters;
	f->report.outcome = outcome;
	f->report.failure = f->batch.failure;
	f->report.again = (f->report.again && outcome == BATCH_COMMITTED) ||
			  outcome == BATCH_OUTDATED;
	f->report.full = f->report.again;
	counter_add(counters,
		outcome == BATCH_COMMITTED ? COUNTER_BATCHES
		: outcome == BATCH_LOST    ? COUNTER_LOST
					   : COUNTER_FAILED,
		outcome != BATCH_NOTHING && outcome != BATCH_OUTDATED);
	if (outcome == BATCH_COMMITTED)
		counter_add(counters, COUNTER_GENERATED, f->written_n);
	f->done(f->arg, &f->report);
}

static void *start(const struct job *job, const struct job_site *site,
	const struct job_order *order, job_done_fn *done, void *arg)
{
	(void)order;
	struct filling *f = mem_alloc(sizeof(*f));
	*f = (struct filling){
		.site = *site, .done = done, .arg = arg, .detail = STRBUF(ERR_TEXT_MAX)
	};
	f->policy = (struct plan_policy){ .live_since = site->live_since,
		.catch_up_limit = 1,
		.catch_up_grace = site->settings->catch_up_grace,
		.min_interval = site->settings->min_interval,
		.calendars = site->settings->calendars,
		.zone = zone_load,
		.default_time_zone = site->settings->default_time_zone };
	tell_hint_init(&f->hint, kind_task_created.name);
	struct batch_settings settings = job_settings(site, RETRY_LOCK);
	batch_begin(&f->batch, site->conn, job->name, &settings, on_done, f);
	conn_add(site->conn, QUERY_BACKFILL_CLAIM, NULL);
	batch_fly(&f->batch, on_claimed);
	return f;
}

static void destroy(void *run)
{
	struct filling *f = run;
	batch_clear(&f->batch);
	backfill_finish(&f->made);
	tell_hint_free(&f->hint);
	strbuf_free(&f->detail);
	PQclear(f->claimed);
	PQclear(f->tasks);
	PQclear(f->changes);
	PQclear(f->turns);
	free(f);
}

const struct job job_backfill = {
	.name = "backfill", .rank = JOB_IN_TURN, .weight = 1, .start = start, .destroy = destroy
};
