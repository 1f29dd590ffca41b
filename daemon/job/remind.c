/* Reminders, one batch at a time; see the header. */
#include "job/remind.h"

#include <stdlib.h>
#include <string.h>

#include "db/rows.h"
#include "job/events.h"
#include "job/run.h"
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
	struct event *events; /* one each */
	bool *written; /* a flag each */
	bool hashed; /* some event lies before keys_from */
	PGresult *result; /* of the stretch under way */
	size_t untold; /* because of the key of another event */
};

static struct remind *of(struct run *run)
{
	return (struct remind *)run;
}

/* Columns of reminder_claim.sql, and of reminder_claim_fair.sql. */
enum { COLUMN_ID, COLUMN_USER, COLUMN_REMIND_AT, COLUMN_PLACE, COLUMN_FAIRNESS };
/* Of reminder_write.sql. */
enum { COLUMN_HANDLED, COLUMN_TOLD, COLUMN_MET_TASK, COLUMN_MET };

/* ---- telling ---- */

static void log_row(const struct remind *remind, int row)
{
	usec_t at = row_instant(remind->due, row, COLUMN_REMIND_AT);
	struct log_line line;
	log_begin(&line, kind_reminder.priority, kind_reminder.event);
	log_stored(&line, "task", row_text(remind->due, row, COLUMN_ID));
	log_stored(&line, "user", row_text(remind->due, row, COLUMN_USER));
	log_instant(&line, "remind_at", at);
	log_int(&line, "late_ms", (batch_clock(&remind->run.batch) - at) / USEC_PER_MSEC);
	log_text(&line, "key", remind->events[row].key);
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
		if (!remind->written[i] || remind->events[i].untold)
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

static void note_lateness(const struct remind *remind, struct spans *spans)
{
	usec_t clock = batch_clock(&remind->run.batch);
	for (int i = 0; i < PQntuples(remind->due); i++) {
		if (remind->written[i] && !remind->events[i].untold)
			spans_add_late(spans, SPAN_LATE_REMINDERS,
				row_instant(remind->due, i, COLUMN_REMIND_AT), clock);
	}
}

static void count(const struct run *run, struct counters *counters)
{
	const struct remind *remind = (const struct remind *)run;
	if (!remind->settling)
		note_lateness(remind, &run->site.shared->spans);
	counter_add(counters, remind->settling ? COUNTER_SETTLED : COUNTER_REMINDED,
		run->wrote_n - remind->untold);
	counter_add(counters, COUNTER_COLLISIONS, remind->untold);
}

static const char dropped_update[] = "marking it is dropped or undone, by a trigger or a rule";
static const char dropped_insert[] =
	"the insert of its notification is dropped, by a trigger or a rule";

/* ---- plain settling: one statement, and nobody asks for ids ---- */

static void add_plain(struct run *run)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_int8(&params, (int64_t)run->limit);
	params_instant(&params, of(run)->before);
	conn_add(run->site.conn, QUERY_REMINDER_SETTLE, &params);
}

static const char *took_plain(struct run *run, const struct reply *reply, int result)
{
	const PGresult *counts = reply->results[result];
	int64_t n = row_int8(counts, 0, 0);
	run->claimed_n = run->wrote_n = (size_t)n;
	run->full = run->claimed_n == run->limit;
	return row_int8(counts, 0, 1) == n ? NULL : dropped_update;
}

/* ---- claiming and writing ---- */

static void add_range(const struct remind *remind, struct params *params)
{
	params_instant(params, remind->from);
	params_instant(params, remind->before);
}

static void add_claim_plain(struct run *run)
{
	const struct remind *remind = of(run);
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_int8(&params, (int64_t)run->limit);
	add_range(remind, &params);
	const char *kind = remind->settling ? job_settle.name : job_remind.name;
	params_text(&params, run_looks_for_waiting(run) ? kind : NULL);
	run_add_claim(run, QUERY_REMINDER_CLAIM, &params);
}

/* While somebody has a flood: others first. */
static void add_claim_fair(struct run *run)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_int8(&params, (int64_t)run->limit);
	params_instant(&params, of(run)->from);
	params_text(&params, run_looks_for_waiting(run) ? job_remind.name : NULL);
	run_add_fairness(run, of(run)->from, &params);
	conn_add(run->batch.conn, QUERY_REMINDER_CLAIM_FAIR, &params);
}

static void add_claim(struct run *run)
{
	if (run->share)
		add_claim_fair(run);
	else
		add_claim_plain(run);
}

static void add_claim_waiting(struct run *run, const char *const *ids, size_t n)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_texts(&params, ids, n);
	add_range(of(run), &params);
	conn_add(run->site.conn, QUERY_REMINDER_CLAIM_WAITING, &params);
}

static void make_events(struct remind *remind, size_t n)
{
	remind->written = mem_alloc_array(n, sizeof(*remind->written));
	remind->events = mem_alloc_array(n, sizeof(*remind->events));
	for (size_t i = 0; i < n; i++) {
		event_make(&kind_reminder, row_text(remind->due, (int)i, COLUMN_ID),
			row_instant(remind->due, (int)i, COLUMN_REMIND_AT),
			remind->run.batch.keys_from, &remind->events[i]);
		remind->hashed = remind->hashed || event_newer(&remind->events[i]);
	}
}

static void claimed(struct run *run, const struct reply *reply, int claim)
{
	struct remind *remind = of(run);
	remind->due = reply_take(reply, claim);
	run->claimed_n = (size_t)PQntuples(remind->due);
	run->full = run->claimed_n == run->limit && !run->job->retries;
	if (run->share && run->claimed_n > 0)
		run_take_fairness(run, remind->due, COLUMN_FAIRNESS);
	make_events(remind, run->claimed_n);
	if (!run->careful && run->claimed_n > 0)
		run->through = row_instant(remind->due, (int)run->claimed_n - 1, COLUMN_REMIND_AT);
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

static void add_keys(const struct remind *remind, size_t from, size_t n, struct params *params)
{
	const char **texts CLEANUP(mem_cleanup) = mem_alloc_array(n, sizeof(*texts));
	for (size_t i = 0; i < n; i++)
		texts[i] = remind->events[from + i].key;
	params_texts(params, texts, n);
	for (size_t i = 0; i < n; i++)
		texts[i] = event_newer(&remind->events[from + i]);
	params_texts(params, texts, n);
}

static void add_write(void *job, size_t from, size_t n, bool careful)
{
	struct remind *remind = job;
	struct conn *conn = remind->run.batch.conn;
	struct params params CLEANUP(params_free);
	params_init(&params);
	add_rows(remind, from, n, &params);
	add_keys(remind, from, n, &params);
	params_text(&params, remind->settling ? NULL : kind_reminder.name);
	/* An event from before keys_from may have been told under another key: it is looked for. */
	if (careful || remind->hashed)
		conn_add_other(conn, QUERY_REMINDER_WRITE, &params);
	else
		conn_add(conn, QUERY_REMINDER_WRITE, &params);
}

static const char *took(void *job, const struct reply *reply, int result, size_t from, size_t n)
{
	struct remind *remind = job;
	(void)from;
	fault("reminder.written_not_logged");
	PQclear(remind->result);
	remind->result = reply_take(reply, result);
	if ((size_t)row_int8(remind->result, 0, COLUMN_HANDLED) != n)
		return dropped_update;
	return row_bool(remind->result, 0, COLUMN_TOLD) ? NULL : dropped_insert;
}

/* Rare, so that the rows are looked through. */
static void meet(struct remind *remind, size_t from, size_t n, int row)
{
	const char *met = row_text(remind->result, row, COLUMN_MET_TASK);
	for (size_t i = from; met && i < from + n; i++) {
		const char *id = row_text(remind->due, (int)i, COLUMN_ID);
		if (strcmp(id, met) != 0)
			continue;
		event_meet(&remind->events[i], &kind_reminder, id,
			row_instant(remind->due, (int)i, COLUMN_REMIND_AT), remind->result, row,
			COLUMN_MET);
		remind->untold += remind->events[i].untold;
	}
}

static void wrote(void *job, size_t from, size_t n)
{
	struct remind *remind = job;
	for (size_t i = from; i < from + n; i++) {
		remind->written[i] = true;
		run_wrote(&remind->run, row_text(remind->due, (int)i, COLUMN_ID));
	}
	for (int row = 0; row < PQntuples(remind->result); row++)
		meet(remind, from, n, row);
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
	struct remind *remind = of(run);
	PQclear(remind->due);
	PQclear(remind->result);
	free(remind->events);
	free(remind->written);
}

/* clang-format off */
#define OPS                                                                            \
	.named = "task", .reminders = true, .add_claim = add_claim, .add_claim_waiting = add_claim_waiting, \
	.claimed = claimed,                                                              \
	.writing = { .add = add_write, .took = took, .wrote = wrote,                     \
		.refused = run_refused, .done = run_written },                           \
	.row = row, .users = users, .add_left = add_left, .tell = tell, .kind = &kind_reminder,          \
	.count = count, .clear = clear
/* clang-format on */

static const struct run_ops remind_ops = { OPS };
static const struct run_ops settle_ops = { OPS, .add_plain = add_plain, .took_plain = took_plain };

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
	run_start(&remind->run, remind->settling ? &settle_ops : &remind_ops, job, site, order,
		done, arg);
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
