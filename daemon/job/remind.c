/* Reminders, one batch at a time; see the header. */
#include "job/remind.h"

#include <stdlib.h>

#include "db/rows.h"
#include "job/run.h"
#include "plan/identity.h"
#include "util/clock.h"
#include "util/fault.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/timefmt.h"

struct remind {
	struct run run;
	bool settling; /* reminders from before live_since */
	usec_t from, before; /* of remind_at in this batch */
	PGresult *due; /* the claim's */
	bool *written; /* a flag each; NULL: all */
};

static struct remind *of(struct run *run)
{
	return (struct remind *)run;
}

/* Columns of reminder_take.sql and reminder_claim.sql, as far as they are the same. */
enum { COLUMN_ID, COLUMN_USER, COLUMN_REMIND_AT, COLUMNS };
/* Of reminder_take.sql, and of reminder_take_fair.sql. */
enum { COLUMN_HANDLED = COLUMNS, COLUMN_TOLD, COLUMN_FAIRNESS };
/* Of reminder_claim.sql. */
enum { COLUMN_PLACE = COLUMNS };

/* ---- telling ---- */

static void log_row(const struct remind *remind, int row)
{
	usec_t at = row_instant(remind->due, row, COLUMN_REMIND_AT);
	const char *id = row_text(remind->due, row, COLUMN_ID);
	char key[NOTIFICATION_KEY_SIZE];
	identity_notification(kind_reminder.name, id, at, key);
	struct log_line line;
	log_begin(&line, kind_reminder.priority, kind_reminder.event);
	log_stored(&line, "task", id);
	log_stored(&line, "user", row_text(remind->due, row, COLUMN_USER));
	log_instant(&line, "remind_at", at);
	log_int(&line, "late_ms", (batch_clock(&remind->run.batch) - at) / USEC_PER_MSEC);
	log_text(&line, "key", key);
	log_end(&line);
}

static void log_batch(const struct remind *remind, int silent)
{
	int first = remind->run.latest ? PQntuples(remind->due) - 1 : 0;
	usec_t oldest = row_instant(remind->due, first, COLUMN_REMIND_AT);
	struct log_line line;
	log_begin(&line, silent ? LOG_NOTICE : LOG_DEBUG, "batch");
	log_text(&line, "kind", "remind");
	log_int(&line, "rows", (int64_t)remind->run.wrote_n);
	log_int(&line, "without_line", silent);
	log_int(&line, "ms", (clock_monotonic() - remind->run.batch.began_at) / USEC_PER_MSEC);
	log_int(&line, "lag_ms", (remind->run.batch.now - oldest) / USEC_PER_MSEC);
	log_end(&line);
}

static void log_settled(int64_t n)
{
	struct log_line line;
	log_begin(&line, LOG_NOTICE, "settled");
	log_int(&line, "reminders", n);
	log_text(&line, "reason", "due before recurd first started: marked handled, not told");
	log_end(&line);
}

static const char *tell(struct run *run, struct tell_hint *hint)
{
	struct remind *remind = of(run);
	int silent = 0;
	if (remind->settling) {
		log_settled((int64_t)run->wrote_n);
		return NULL;
	}
	for (int i = 0; i < PQntuples(remind->due); i++) {
		if (remind->written && !remind->written[i])
			continue;
		tell_hint_add(hint, row_text(remind->due, i, COLUMN_ID));
		if (tell_rate_take(&run->site.shared->reminded, clock_monotonic()))
			log_row(remind, i);
		else
			silent++;
	}
	log_batch(remind, silent);
	return tell_hint_text(hint);
}

static const char **users(const struct run *run, size_t *ret_n)
{
	const struct remind *remind = (const struct remind *)run;
	size_t n = (size_t)PQntuples(remind->due);
	const char **ids = mem_alloc_array(n, sizeof(*ids));
	for (size_t i = 0; i < n; i++)
		ids[i] = row_text(remind->due, (int)i, COLUMN_USER);
	*ret_n = n;
	return ids;
}

static void count(const struct run *run, struct counters *counters)
{
	const struct remind *remind = (const struct remind *)run;
	counter_add(counters, remind->settling ? COUNTER_SETTLED : COUNTER_REMINDED, run->wrote_n);
}

/* ---- plain ---- */

static void add_plain(struct run *run)
{
	struct remind *remind = of(run);
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_int8(&params, (int64_t)run->limit);
	params_instant(&params, remind->settling ? remind->before : remind->from);
	if (!remind->settling)
		params_bool(&params, run_looks_for_waiting(run));
	if (run->share)
		run_add_fairness(run, remind->from, &params);
	conn_add(run->site.conn,
		remind->settling ? QUERY_REMINDER_SETTLE
		: run->share     ? QUERY_REMINDER_TAKE_FAIR
				 : QUERY_REMINDER_TAKE,
		&params);
}

static const char dropped_update[] = "marking it is dropped or undone, by a trigger or a rule";
static const char dropped_insert[] =
	"the insert of its notification is dropped, by a trigger or a rule";

static const char *took_settled(struct run *run, const PGresult *result)
{
	int64_t n = row_int8(result, 0, 0);
	run->claimed_n = run->wrote_n = (size_t)n; /* nobody asks for their ids */
	run->full = run->claimed_n == run->limit;
	return row_int8(result, 0, 1) == n ? NULL : dropped_update;
}

static const char *took_plain(struct run *run, const struct reply *reply, int result)
{
	struct remind *remind = of(run);
	if (remind->settling)
		return took_settled(run, reply->results[result]);
	remind->due = reply_take(reply, result);
	int n = PQntuples(remind->due);
	run->claimed_n = (size_t)n;
	run->full = run->claimed_n == run->limit;
	if (run->share && n > 0)
		run_take_fairness(run, remind->due, COLUMN_FAIRNESS);
	fault("reminder.written_not_logged");
	for (int i = 0; i < n; i++)
		run_wrote(run, row_text(remind->due, i, COLUMN_ID));
	if (n > 0)
		run->through = row_instant(remind->due, n - 1, COLUMN_REMIND_AT);
	if (n > 0 && row_int8(remind->due, 0, COLUMN_HANDLED) != n)
		return dropped_update;
	return n == 0 || row_int8(remind->due, 0, COLUMN_TOLD) == n ? NULL : dropped_insert;
}

/* ---- careful ---- */

static void add_range(const struct remind *remind, struct params *params)
{
	params_instant(params, remind->from);
	params_instant(params, remind->before);
}

static void add_claim(struct run *run)
{
	const struct remind *remind = of(run);
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_int8(&params, (int64_t)run->limit);
	add_range(remind, &params);
	params_text(&params, remind->settling ? job_settle.name : job_remind.name);
	run_add_claim(run, QUERY_REMINDER_CLAIM, &params);
}

static void add_claim_waiting(struct run *run, const char *const *ids, size_t n)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_texts(&params, ids, n);
	add_range(of(run), &params);
	conn_add(run->site.conn, QUERY_REMINDER_CLAIM_WAITING, &params);
}

static void claimed(struct run *run, const struct reply *reply, int claim)
{
	struct remind *remind = of(run);
	remind->due = reply_take(reply, claim);
	run->claimed_n = (size_t)PQntuples(remind->due);
	run->full = run->claimed_n == run->limit && !run->job->retries;
	remind->written = mem_alloc_array(run->claimed_n, sizeof(*remind->written));
	if (run->claimed_n > 0)
		run_write(run, run->claimed_n);
	else if (run->job->retries)
		run_close(run);
	else
		batch_abandon(&run->batch);
}

static void add_rows(const struct remind *remind, size_t from, size_t n, struct params *params)
{
	const char **ids CLEANUP(mem_cleanup) = mem_alloc_array(n, sizeof(*ids));
	struct row_place *places CLEANUP(mem_cleanup) = mem_alloc_array(n, sizeof(*places));
	usec_t *instants CLEANUP(mem_cleanup) = mem_alloc_array(n, sizeof(*instants));
	for (size_t i = 0; i < n; i++) {
		int row = (int)(from + i);
		ids[i] = row_text(remind->due, row, COLUMN_ID);
		places[i] = row_place(remind->due, row, COLUMN_PLACE);
		instants[i] = row_instant(remind->due, row, COLUMN_REMIND_AT);
	}
	params_texts(params, ids, n);
	params_places(params, places, n);
	params_instants(params, instants, NULL, n);
}

static void add_write(void *job, size_t from, size_t n, bool careful)
{
	struct remind *remind = job;
	struct params params CLEANUP(params_free);
	(void)careful; /* it always is */
	params_init(&params);
	add_rows(remind, from, n, &params);
	params_text(&params, remind->settling ? NULL : kind_reminder.name);
	conn_add_other(remind->run.batch.conn, QUERY_REMINDER_WRITE, &params);
}

static const char *took(void *job, const struct reply *reply, int result, size_t from, size_t n)
{
	const PGresult *counts = reply->results[result];
	(void)job;
	(void)from;
	fault("reminder.written_not_logged");
	if ((size_t)row_int8(counts, 0, 0) != n)
		return dropped_update;
	return row_bool(counts, 0, 1) ? NULL : dropped_insert;
}

static void wrote(void *job, size_t from, size_t n)
{
	struct remind *remind = job;
	for (size_t i = from; i < from + n; i++) {
		remind->written[i] = true;
		run_wrote(&remind->run, row_text(remind->due, (int)i, COLUMN_ID));
	}
}

static void row(struct run *run, size_t i, struct run_row *ret_row)
{
	const PGresult *due = of(run)->due;
	*ret_row = (struct run_row){ .id = row_text(due, (int)i, COLUMN_ID),
		.user_id = row_text(due, (int)i, COLUMN_USER),
		.at = row_instant(due, (int)i, COLUMN_REMIND_AT),
		.place = row_place(due, (int)i, COLUMN_PLACE) };
}

static void add_left(struct run *run, const char *const *ids, size_t n)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_text(&params, run->job->retries->name);
	params_texts(&params, ids, n);
	conn_add(run->site.conn, QUERY_REMINDER_LEFT, &params);
}

/* ---- life ---- */

static void clear(struct run *run)
{
	PQclear(of(run)->due);
	free(of(run)->written);
}

static const struct run_ops ops = {
	.named = "task",
	.reminders = true,
	.add_plain = add_plain,
	.took_plain = took_plain,
	.add_claim = add_claim,
	.add_claim_waiting = add_claim_waiting,
	.claimed = claimed,
	.writing = { .add = add_write,
		.took = took,
		.wrote = wrote,
		.refused = run_refused,
		.done = run_written },
	.row = row,
	.users = users,
	.add_left = add_left,
	.tell = tell,
	.kind = &kind_reminder,
	.count = count,
	.clear = clear,
};

static void *start(const struct job *job, const struct job_site *site,
	const struct job_order *order, job_done_fn *done, void *arg)
{
	struct remind *remind = mem_alloc(sizeof(*remind));
	usec_t from = order->from > site->live_since ? order->from : site->live_since;
	remind->settling = job == &job_settle || job->retries == &job_settle;
	remind->from = remind->settling ? USEC_MINUS_INFINITY
		       : job->retries   ? site->live_since
					: from;
	remind->before = remind->settling ? site->live_since : USEC_INFINITY;
	run_start(&remind->run, &ops, job, site, order, done, arg);
	return remind;
}

static void destroy(void *run)
{
	run_free(run);
}

/* Again and again after a start and after each heartbeat, until there is no more of it. */
static usec_t settle_due(const struct job_shared *shared)
{
	return shared->settled ? INT64_MAX : 0;
}

const struct job job_remind = { .name = "remind",
	.fair = true,
	.rank = JOB_IN_TURN,
	.weight = 8,
	.shared = true,
	.prompt = true,
	.start = start,
	.destroy = destroy };
const struct job job_settle = { .name = "settle",
	.when = JOB_TIMED,
	.rank = JOB_IN_TURN,
	.weight = 2,
	.due = settle_due,
	.start = start,
	.destroy = destroy };
const struct job job_retry_remind = { .name = "retry remind",
	.rank = JOB_IN_TURN,
	.weight = 1,
	.retries = &job_remind,
	.start = start,
	.destroy = destroy };
const struct job job_retry_settle = { .name = "retry settle",
	.rank = JOB_IN_TURN,
	.weight = 1,
	.retries = &job_settle,
	.start = start,
	.destroy = destroy };
