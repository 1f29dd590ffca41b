/* Completed tasks come back; see the header. */
#include "job/repeat.h"

#include <stdlib.h>
#include <string.h>

#include "db/rows.h"
#include "job/repeat_rows.h"
#include "job/run.h"
#include "job/slicing.h"
#include "recur/zone_lacks.h"
#include "util/clock.h"
#include "util/fault.h"
#include "util/log.h"
#include "util/mem.h"

struct repeat {
	struct run run;
	struct plan_policy policy;
	struct slicing slicing;
	PGresult *claimed;
	int next_row;
	struct repeat_rows rows;
};

static struct repeat *of(struct run *run)
{
	return (struct repeat *)run;
}

/* Columns of the claims. */
enum {
	COLUMN_ID,
	COLUMN_STATE,
	COLUMN_USER,
	COLUMN_RULE,
	COLUMN_COMPLETED_AT,
	COLUMN_DUE_AT,
	COLUMN_REMIND_AT,
	COLUMN_PLANNED_DUE_AT,
	COLUMN_STARTS_LOCAL,
	COLUMN_STARTS_ZONE,
	COLUMN_USER_ZONE,
	COLUMN_QUEUED,
	COLUMN_PLACE,
};

/* ---- telling ---- */

static void log_batch(const struct repeat *repeat, size_t silent)
{
	struct log_line line;
	log_begin(&line, silent ? LOG_NOTICE : LOG_DEBUG, "batch");
	log_text(&line, "kind", "repeat");
	log_int(&line, "rows", (int64_t)repeat_rows_count(&repeat->rows, REPEAT_FOLLOWED));
	log_int(&line, "without_line", (int64_t)silent);
	log_int(&line, "ms", (clock_monotonic() - repeat->run.batch.began_at) / USEC_PER_MSEC);
	log_end(&line);
}

static const char *tell(struct run *run, struct tell_hint *hint)
{
	struct repeat *repeat = of(run);
	size_t silent = repeat_rows_log(&repeat->rows, batch_clock(&run->batch),
		run->batch.keys_from, &run->site.shared->generated, hint);
	if (!kind_told(&kind_task_created, run->site.settings))
		hint->count = 0;
	log_batch(repeat, silent);
	return tell_hint_text(hint);
}

static void count(const struct run *run, struct counters *counters)
{
	const struct repeat *repeat = (const struct repeat *)run;
	counter_add(counters, COUNTER_REPEATED, repeat_rows_count(&repeat->rows, REPEAT_FOLLOWED));
	counter_add(counters, COUNTER_QUARANTINED,
		repeat_rows_count(&repeat->rows, REPEAT_QUARANTINED));
}

/* ---- writing ---- */

static void add_write(void *job, size_t from, size_t n, bool careful)
{
	struct repeat *repeat = job;
	struct conn *conn = repeat->run.batch.conn;
	fault("repeat.planned_not_written");
	struct params params CLEANUP(params_free);
	params_init(&params);
	repeat_rows_params(&repeat->rows, from, n,
		kind_told(&kind_task_created, repeat->run.site.settings), &params);
	if (careful || repeat_rows_before(&repeat->rows, repeat->run.batch.keys_from))
		conn_add_other(conn, QUERY_REPEAT_WRITE, &params);
	else
		conn_add(conn, QUERY_REPEAT_WRITE, &params);
}

/* Columns of repeat_write.sql. */
enum { WRITTEN_MADE, WRITTEN_TAGGED, WRITTEN_TOLD, WRITTEN_LINKED, WRITTEN_ROWS, WRITTEN_DECIDED };

static const char *took(void *job, const struct reply *reply, int result, size_t from, size_t n)
{
	const struct repeat *repeat = job;
	const PGresult *written = reply->results[result];
	fault("repeat.written_not_logged");
	if (!row_bool(written, 0, WRITTEN_MADE))
		return "the task that is inserted is dropped or changed, by a trigger, a rule or a "
		       "policy";
	if (!row_bool(written, 0, WRITTEN_TAGGED))
		return "a tag of the new task is dropped, by a trigger or a rule on task_tags";
	if (!row_bool(written, 0, WRITTEN_TOLD))
		return "its row of recurd.notifications is dropped, by a trigger or a rule";
	if (!row_bool(written, 0, WRITTEN_LINKED) ||
		(size_t)row_int8(written, 0, WRITTEN_ROWS) != n)
		return "a row of recurd.repeats is dropped, by a trigger or a rule";
	if ((size_t)row_int8(written, 0, WRITTEN_DECIDED) !=
		repeat_rows_decisions(&repeat->rows, from, n))
		return "a row of recurd.decisions is dropped, by a trigger or a rule";
	return NULL;
}

static void wrote(void *job, size_t from, size_t n)
{
	struct repeat *repeat = job;
	for (size_t i = from; i < from + n; i++) {
		repeat->rows.rows[i].written = true;
		run_wrote(&repeat->run, repeat->rows.rows[i].id);
	}
}

static void row_of(const struct repeat_row *row, struct run_row *ret_row)
{
	*ret_row = (struct run_row){ .id = row->id,
		.user_id = row->user_id,
		.at = row->completed_at,
		.place = row->queued };
}

static void row(struct run *run, size_t i, struct run_row *ret_row)
{
	row_of(&of(run)->rows.rows[i], ret_row);
}

/* ---- planning ---- */

static usec_t instant_at(const PGresult *result, int row, int column)
{
	return row_is_null(result, row, column) ? TEMPLATE_NONE : row_instant(result, row, column);
}

static void read_task(const PGresult *claimed, int row, struct successor_task *ret_task)
{
	bool anchored = !row_is_null(claimed, row, COLUMN_STARTS_LOCAL);
	*ret_task = (struct successor_task){ .id = row_text(claimed, row, COLUMN_ID),
		.user_id = row_text(claimed, row, COLUMN_USER),
		.rule = row_text(claimed, row, COLUMN_RULE),
		.rule_len = row_text_len(claimed, row, COLUMN_RULE),
		.user_zone = row_text(claimed, row, COLUMN_USER_ZONE),
		.due_at = instant_at(claimed, row, COLUMN_DUE_AT),
		.remind_at = instant_at(claimed, row, COLUMN_REMIND_AT),
		.completed_at = instant_at(claimed, row, COLUMN_COMPLETED_AT),
		.planned_due_at = instant_at(claimed, row, COLUMN_PLANNED_DUE_AT),
		.starts_zone = anchored ? row_text(claimed, row, COLUMN_STARTS_ZONE) : NULL,
		.starts_local = anchored ? sec_from_usec(
						   row_wall_us(claimed, row, COLUMN_STARTS_LOCAL))
					 : 0 };
}

static enum repeat_fate fate_of(const struct successor *successor)
{
	return successor->outcome == SUCCESSOR_FOLLOWS ? REPEAT_FOLLOWED
	       : successor->outcome == SUCCESSOR_NONE  ? REPEAT_ENDED
						       : REPEAT_QUARANTINED;
}

static void wait_for(struct repeat *repeat, const struct repeat_row *row, const char *reason)
{
	struct run_row waits;
	row_of(row, &waits);
	run_wait(&repeat->run, &waits, reason);
}

static void plan_ready(struct repeat *repeat, int number, struct repeat_row *row)
{
	struct successor_task task;
	read_task(repeat->claimed, number, &task);
	row->place = row_place(repeat->claimed, number, COLUMN_PLACE);
	zone_lacks_begin();
	successor_make(&task, &repeat->policy, &row->successor);
	if (row->successor.outcome == SUCCESSOR_POSTPONED) {
		struct run_row waits;
		row_of(row, &waits);
		run_postpone(&repeat->run, number, &waits, row->successor.failure.text);
		successor_finish(&row->successor);
		return;
	}
	row->fate = fate_of(&row->successor);
	if (row->fate == REPEAT_FOLLOWED)
		identity_successor(task.id, row->successor.due_at, row->successor_id);
	repeat_rows_add(&repeat->rows, row);
}

/* What was completed before the first start was for others to repeat. */
static const char *state_of(const struct repeat *repeat, int number)
{
	const char *state = row_text(repeat->claimed, number, COLUMN_STATE);
	usec_t completed = row_instant(repeat->claimed, number, COLUMN_COMPLETED_AT);
	return !state || completed < repeat->run.site.live_since ? "gone" : state;
}

static void plan_row(struct repeat *repeat, int number)
{
	const PGresult *claimed = repeat->claimed;
	const char *state = state_of(repeat, number);
	struct repeat_row row = { .fate = REPEAT_OVER,
		.id = row_text(claimed, number, COLUMN_ID),
		.user_id = row_text(claimed, number, COLUMN_USER),
		.completed_at = row_instant(claimed, number, COLUMN_COMPLETED_AT),
		.queued = row_place(claimed, number, COLUMN_QUEUED) };
	if (strcmp(state, "ready") == 0) {
		plan_ready(repeat, number, &row);
		return;
	}
	if (strcmp(state, "held") == 0) {
		wait_for(repeat, &row, "somebody has locked the task");
		return;
	}
	if (strcmp(state, "reopened") == 0)
		row.fate = REPEAT_REOPENED;
	repeat_rows_add(&repeat->rows, &row);
}

static bool plan_next(void *job)
{
	struct repeat *repeat = job;
	if (repeat->next_row < (int)repeat->run.claimed_n)
		plan_row(repeat, repeat->next_row++);
	return repeat->next_row < (int)repeat->run.claimed_n;
}

static void plan_again(struct run *run, int number)
{
	plan_row(of(run), number);
}

static void planned(struct run *run)
{
	struct repeat *repeat = of(run);
	if (repeat->next_row < (int)repeat->run.claimed_n)
		repeat->run.last_looked_at = row_text(
			repeat->claimed, repeat->next_row - 1, COLUMN_ID);
	if (repeat->rows.n > 0)
		run_write(&repeat->run, repeat->rows.n);
	else
		run_close(&repeat->run);
}

static void looked_at_all(void *job)
{
	struct repeat *repeat = job;
	if (!run_asks_others(&repeat->run))
		planned(&repeat->run);
}

/* ---- claiming ---- */

static void claimed(struct run *run, const struct reply *reply, int claim)
{
	struct repeat *repeat = of(run);
	repeat->claimed = reply_take(reply, claim);
	run->claimed_n = (size_t)PQntuples(repeat->claimed);
	run->full = run->claimed_n == run->limit && !run->job->retries;
	fault("repeat.claimed");
	if (run->claimed_n == 0 && !run->job->retries) {
		batch_abandon(&run->batch);
	} else if (run->claimed_n == 0) {
		run_close(run);
	} else if (*run->site.settings->trouble.text) {
		batch_refuse(&run->batch, "F0000", run->site.settings->trouble.text);
	} else {
		slicing_start(&repeat->slicing);
	}
}

static void add_claim(struct run *run)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_int8(&params, (int64_t)run->limit);
	params_bool(&params, run_looks_for_waiting(run));
	run_add_claim(run, QUERY_REPEAT_CLAIM, &params);
}

static void add_claim_waiting(struct run *run, const char *const *ids, size_t n)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_texts(&params, ids, n);
	conn_add(run->site.conn, QUERY_REPEAT_CLAIM_WAITING, &params);
}

static void add_left(struct run *run, const char *const *ids, size_t n)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_text(&params, job_repeat.name);
	params_texts(&params, ids, n);
	conn_add(run->site.conn, QUERY_REPEAT_LEFT, &params);
}

/* ---- life ---- */

static void clear(struct run *run)
{
	struct repeat *repeat = of(run);
	slicing_stop(&repeat->slicing);
	repeat_rows_clear(&repeat->rows);
	PQclear(repeat->claimed);
	repeat->claimed = NULL;
	repeat->next_row = 0;
}

static const struct run_ops ops = {
	.named = "task",
	.add_claim = add_claim,
	.add_claim_waiting = add_claim_waiting,
	.claimed = claimed,
	.plan = plan_again,
	.planned = planned,
	.writing = { .add = add_write,
		.took = took,
		.wrote = wrote,
		.refused = run_refused,
		.done = run_written },
	.row = row,
	.add_left = add_left,
	.tell = tell,
	.kind = &kind_task_created,
	.count = count,
	.clear = clear,
};

static void *start(const struct job *job, const struct job_site *site,
	const struct job_order *order, job_done_fn *done, void *arg)
{
	struct repeat *repeat = mem_alloc(sizeof(*repeat));
	repeat->policy = (struct plan_policy){ .min_interval = site->settings->min_interval,
		.calendars = site->settings->calendars,
		.zone = zone_load,
		.default_time_zone = site->settings->default_time_zone };
	repeat->slicing = (struct slicing){ .loop = site->loop,
		.batch = &repeat->run.batch,
		.step = plan_next,
		.finished = looked_at_all,
		.job = repeat };
	run_start(&repeat->run, &ops, job, site, order, done, arg);
	return repeat;
}

static void destroy(void *run)
{
	run_free(run);
}

const struct job job_repeat = { .name = "repeat",
	.rank = JOB_IN_TURN,
	.weight = 4,
	.shared = true,
	.start = start,
	.destroy = destroy };
const struct job job_retry_repeat = { .name = "retry repeat",
	.rank = JOB_IN_TURN,
	.weight = 1,
	.retries = &job_repeat,
	.start = start,
	.destroy = destroy };
