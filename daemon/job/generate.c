/* Templates become tasks; see the header. */
#include "job/generate.h"

#include <stdlib.h>
#include <string.h>

#include "db/rows.h"
#include "job/generate_private.h"
#include "plan/policy_settings.h"
#include "plan/template_row.h"
#include "util/clock.h"
#include "util/fault.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/timefmt.h"

#define CLAIM_BYTES   (4 << 20) /* of rules in a batch; sane ones need a tenth of a kilobyte each */
#define PLAN_PATIENCE (4 * USEC_PER_MSEC) /* of one plan; the loop has others to serve */

static struct generate *of(struct run *run)
{
	return (struct generate *)run;
}

/* ---- telling ---- */

/* Claims are in no order where others went first. */
static usec_t oldest_due(const struct job *source, const struct generate_rows *rows, usec_t now)
{
	usec_t oldest = USEC_INFINITY;
	for (size_t i = 0; i < rows->n; i++) {
		const struct template *template = &rows->planned[i].template;
		usec_t due = generate_instant_of(source, template);
		usec_t since = template_waits_since(template, due, now);
		if (due != USEC_MINUS_INFINITY && since < oldest)
			oldest = since;
	}
	return oldest;
}

static void log_batch(const struct generate *generate, size_t silent)
{
	usec_t oldest = oldest_due(generate->source, &generate->rows, generate->run.batch.now);
	struct log_line line;
	log_begin(&line, silent ? LOG_NOTICE : LOG_DEBUG, "batch");
	log_text(&line, "kind", generate->source->name);
	log_int(&line, "rows", (int64_t)generate->made_n);
	log_int(&line, "templates", (int64_t)generate->run.wrote_n);
	log_int(&line, "without_line", (int64_t)silent);
	log_int(&line, "ms", (clock_monotonic() - generate->run.batch.began_at) / USEC_PER_MSEC);
	if (generate->source != &job_replan && oldest != USEC_INFINITY)
		log_int(&line, "lag_ms", (generate->run.batch.now - oldest) / USEC_PER_MSEC);
	log_end(&line);
}

static const char *tell(struct run *run, struct tell_hint *hint)
{
	struct generate *generate = of(run);
	size_t silent = generate_rows_log(&generate->rows, batch_clock(&run->batch),
		&run->site.shared->generated,
		kind_told(&kind_task_created, run->site.settings) != NULL, hint);
	log_batch(generate, silent);
	allowance_log(&generate->allowance);
	return tell_hint_text(hint);
}

static size_t weight_of(const struct generate_rows *rows, size_t i)
{
	size_t behind = i + 1 < rows->n ? rows->planned[i + 1].made_from : rows->made_n;
	size_t made = behind - rows->planned[i].made_from;
	return made > 0 ? made : 1;
}

/* A template that makes up for a week counts with each day of it. */
static const char **users(const struct run *run, size_t *ret_n)
{
	const struct generate_rows *rows = &((const struct generate *)run)->rows;
	const char **ids = mem_alloc_array(rows->n + rows->made_n, sizeof(*ids));
	size_t n = 0;
	for (size_t i = 0; i < rows->n; i++) {
		for (size_t times = weight_of(rows, i); times > 0; times--)
			ids[n++] = rows->planned[i].template.user_id;
	}
	*ret_n = n;
	return ids;
}

static void note_lateness(const struct generate *generate, struct spans *spans)
{
	usec_t clock = batch_clock(&generate->run.batch);
	for (size_t i = 0; i < generate->rows.made_n; i++) {
		const struct made *made = &generate->rows.made[i];
		const struct template *template = &generate->rows.planned[made->planned].template;
		if (made->written)
			spans_add_late(spans, SPAN_LATE_TASKS,
				template_waits_since(template, made->fate->fire, clock), clock);
	}
}

static void count(const struct run *run, struct counters *counters)
{
	const struct generate *generate = (const struct generate *)run;
	counter_add(counters, COUNTER_GENERATED, generate->made_n);
	counter_add(counters, COUNTER_QUARANTINED, generate_rows_quarantined(&generate->rows));
	counter_add(counters, COUNTER_COLLISIONS, generate->untold);
	if (generate->source != &job_replan)
		note_lateness(generate, &run->site.shared->spans);
}

/* ---- writing ---- */

static void add_write(void *job, size_t from, size_t n, bool careful)
{
	struct generate *generate = job;
	struct conn *conn = generate->run.batch.conn;
	fault("generator.planned_not_written");
	struct params params CLEANUP(params_free);
	params_init(&params);
	generate_rows_params(&generate->rows, from, n, generate->run.batch.now,
		kind_told(&kind_task_created, generate->run.site.settings), &params);
	/* An event from before keys_from may have been told under another key: it is looked for. */
	if (careful || generate->rows.hashed)
		conn_add_other(conn, QUERY_GENERATE_WRITE, &params);
	else
		conn_add(conn, QUERY_GENERATE_WRITE, &params);
}

/* Columns of generate_write.sql. */
enum {
	COLUMN_ID,
	COLUMN_MADE,
	COLUMN_TAGGED,
	COLUMN_TOLD,
	COLUMN_ADVANCED,
	COLUMN_DECIDED,
	COLUMN_MET
};

static const char *complaint(
	const struct generate_rows *rows, const PGresult *written, size_t from, size_t n)
{
	if (!row_bool(written, 0, COLUMN_MADE))
		return "the task that is inserted is dropped or changed, by a trigger, a rule or a "
		       "policy";
	if (!row_bool(written, 0, COLUMN_TAGGED))
		return "a tag of the new task is dropped, by a trigger or a rule on task_tags";
	if (!row_bool(written, 0, COLUMN_TOLD))
		return "its row of recurd.notifications is dropped, by a trigger or a rule";
	if ((size_t)row_int8(written, 0, COLUMN_ADVANCED) != n)
		return "the update of the template is dropped or undone, by a trigger or a rule";
	if ((size_t)row_int8(written, 0, COLUMN_DECIDED) != generate_rows_decisions(rows, from, n))
		return "a row of recurd.decisions is dropped, by a trigger or a rule";
	return NULL;
}

static const char *took(void *job, const struct reply *reply, int result, size_t from, size_t n)
{
	struct generate *generate = job;
	fault("generator.written_not_logged");
	PQclear(generate->written);
	generate->written = reply_take(reply, result);
	return complaint(&generate->rows, generate->written, from, n);
}

static void wrote(void *job, size_t from, size_t n)
{
	struct generate *generate = job;
	generate->made_n += generate_rows_wrote(&generate->rows, from, n, generate->written);
	generate->untold += generate_rows_meet(
		&generate->rows, from, n, generate->written, COLUMN_MET);
	for (size_t i = from; i < from + n; i++)
		run_wrote(&generate->run, generate->rows.planned[i].template.id);
}

static void row(struct run *run, size_t i, struct run_row *ret_row)
{
	const struct planned *planned = &of(run)->rows.planned[i];
	generate_row_of(of(run)->source, &planned->template, planned->place, ret_row);
}

/* ---- claiming ---- */

/* Rules are read for all that are locked: where not all of them fit, locking as many again is a waste. */
static void weigh(struct generate *generate)
{
	struct run *run = &generate->run;
	int behind = generate_column_behind(generate);
	size_t locked = (size_t)row_int8(generate->claimed, 0, behind + 1);
	size_t *heavy = &run->trouble->heavy;
	run->full = locked == run->limit && !run->job->retries;
	if (run->share)
		run_take_fairness(run, generate->claimed, behind + 3);
	generate->cut = locked > run->claimed_n;
	if (run->job->retries)
		return;
	if (generate->cut)
		*heavy = run->claimed_n;
	else
		*heavy = *heavy * 2 < (size_t)run->site.conf->batch_size ? *heavy * 2 : 0;
}

static void claimed(struct run *run, const struct reply *reply, int claim)
{
	struct generate *generate = of(run);
	generate->claimed = reply_take(reply, claim);
	run->claimed_n = (size_t)PQntuples(generate->claimed);
	fault("generator.claimed");
	if (run->claimed_n == 0 && !run->job->retries) {
		batch_abandon(&run->batch);
	} else if (run->claimed_n == 0) {
		run_close(run);
	} else if (*run->site.settings->trouble.text) {
		batch_refuse(&run->batch, "F0000", run->site.settings->trouble.text);
	} else {
		weigh(generate);
		generate_plan(generate);
	}
}

static void add_claim(struct run *run)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	if (run->trouble->heavy && run->trouble->heavy < run->limit) {
		run->share = (run->share * run->trouble->heavy + run->limit - 1) / run->limit;
		run->limit = run->trouble->heavy;
	}
	params_int8(&params, (int64_t)run->limit);
	params_int8(&params, CLAIM_BYTES);
	const struct job *source = of(run)->source;
	if (source != &job_replan)
		params_instant(&params, run->order.from);
	params_bool(&params, run_looks_for_waiting(run));
	if (run->share) {
		run_add_fairness(run, run->order.from, &params);
		conn_add(run->site.conn,
			source == &job_policed ? QUERY_GENERATE_CLAIM_POLICED_FAIR
					       : QUERY_GENERATE_CLAIM_FAIR,
			&params);
		return;
	}
	run_add_claim(run,
		source == &job_replan    ? QUERY_GENERATE_CLAIM_EDITED
		: source == &job_policed ? QUERY_GENERATE_CLAIM_POLICED
					 : QUERY_GENERATE_CLAIM,
		&params);
}

static void add_claim_waiting(struct run *run, const char *const *ids, size_t n)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_texts(&params, ids, n);
	params_int8(&params, CLAIM_BYTES);
	params_text(&params, of(run)->source->name);
	conn_add(run->site.conn, QUERY_GENERATE_CLAIM_WAITING, &params);
}

static void add_left(struct run *run, const char *const *ids, size_t n)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_text(&params, of(run)->source->name);
	params_texts(&params, ids, n);
	conn_add(run->site.conn, QUERY_GENERATE_LEFT, &params);
}

/* ---- life ---- */

static void clear(struct run *run)
{
	struct generate *generate = of(run);
	slicing_stop(&generate->slicing);
	generate_rows_clear(&generate->rows);
	PQclear(generate->claimed);
	PQclear(generate->held);
	free(generate->held_ids);
	allowance_clear(&generate->allowance);
	PQclear(generate->written);
}

static const struct run_ops ops = {
	.named = "template",
	.add_claim = add_claim,
	.add_claim_waiting = add_claim_waiting,
	.claimed = claimed,
	.plan = generate_plan_again,
	.planned = generate_planned,
	.writing = { .add = add_write,
		.took = took,
		.wrote = wrote,
		.refused = run_refused,
		.done = run_written },
	.row = row,
	.users = users,
	.add_left = add_left,
	.tell = tell,
	.kind = &kind_task_created,
	.count = count,
	.clear = clear,
};

static struct plan_policy policy_of(const struct job_site *site)
{
	struct plan_policy policy = policy_of_settings(site->settings, site->live_since);
	policy.clock = clock_monotonic;
	policy.patience = PLAN_PATIENCE;
	return policy;
}

static void *start(const struct job *job, const struct job_site *site,
	const struct job_order *order, job_done_fn *done, void *arg)
{
	struct generate *generate = mem_alloc(sizeof(*generate));
	generate->source = job->retries ? job->retries : job;
	generate->with_policies = job != &job_generate;
	generate->policy = policy_of(site);
	generate_plan_init(generate, site->loop);
	run_start(&generate->run, &ops, job, site, order, done, arg);
	return generate;
}

static void destroy(void *run)
{
	run_free(run);
}

const struct job job_generate = { .name = "generate",
	.fair = true,
	.rank = JOB_IN_TURN,
	.weight = 4,
	.shared = true,
	.start = start,
	.destroy = destroy };
const struct job job_replan = { .name = "replan",
	.rank = JOB_IN_TURN,
	.weight = 4,
	.shared = true,
	.start = start,
	.destroy = destroy };
const struct job job_policed = { .name = "policed",
	.fair = true,
	.rank = JOB_IN_TURN,
	.weight = 4,
	.shared = true,
	.start = start,
	.destroy = destroy };
const struct job job_retry_policed = { .name = "retry policed",
	.rank = JOB_IN_TURN,
	.weight = 1,
	.retries = &job_policed,
	.start = start,
	.destroy = destroy };
const struct job job_retry_generate = { .name = "retry generate",
	.rank = JOB_IN_TURN,
	.weight = 1,
	.retries = &job_generate,
	.start = start,
	.destroy = destroy };
const struct job job_retry_replan = { .name = "retry replan",
	.rank = JOB_IN_TURN,
	.weight = 1,
	.retries = &job_replan,
	.start = start,
	.destroy = destroy };
