/* Reminders, one batch at a time; see the header. */
#include "job/remind.h"

#include <stdlib.h>
#include <string.h>

#include "db/rows.h"
#include "job/events.h"
#include "job/remind_private.h"
#include "job/run.h"
#include "util/clock.h"
#include "util/fault.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/timefmt.h"

struct remind {
	struct run run;
	const struct remind_source *source;
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

/* Columns of reminder_claim.sql; then of reminders_columns.part alone; behind them those of the fair claims. */
enum { COLUMN_ID, COLUMN_USER, COLUMN_REMIND_AT, COLUMN_PLACE, COLUMNS };
enum { COLUMN_TASK = COLUMNS, COLUMN_OPEN, COLUMNS_OF_SEVERAL };
/* Of reminder_write.sql, and of reminders_write.sql. */
enum { COLUMN_HANDLED, COLUMN_TOLD, COLUMN_MET_ID, COLUMN_MET };

static const char *id_of(const struct remind *remind, size_t row)
{
	return row_text(remind->due, (int)row, COLUMN_ID);
}

static const char *task_of(const struct remind *remind, size_t row)
{
	return row_text(remind->due, (int)row, remind->source->several ? COLUMN_TASK : COLUMN_ID);
}

static usec_t at_of(const struct remind *remind, size_t row)
{
	return row_instant(remind->due, (int)row, COLUMN_REMIND_AT);
}

/* Of the others nobody is told: they are marked, and that is all. */
static bool is_told(const struct remind *remind, size_t row)
{
	if (!remind->source->several)
		return !remind->settling;
	return row_bool(remind->due, (int)row, COLUMN_OPEN) &&
	       at_of(remind, row) >= remind->run.site.live_since;
}

/* ---- telling ---- */

static void log_row(const struct remind *remind, size_t row)
{
	usec_t at = at_of(remind, row);
	struct log_line line;
	log_begin(&line, kind_reminder.priority, kind_reminder.event);
	log_stored(&line, "task", task_of(remind, row));
	if (remind->source->several)
		log_stored(&line, "reminder", id_of(remind, row));
	log_stored(&line, "user", row_text(remind->due, (int)row, COLUMN_USER));
	log_instant(&line, "remind_at", at);
	log_int(&line, "late_ms", (batch_clock(&remind->run.batch) - at) / USEC_PER_MSEC);
	log_text(&line, "key", remind->events[row].key);
	log_end(&line);
}

static void log_batch(const struct remind *remind, int silent)
{
	usec_t oldest = at_of(remind, remind->run.latest ? remind->run.claimed_n - 1 : 0);
	struct log_line line;
	log_begin(&line, silent ? LOG_NOTICE : LOG_DEBUG, "batch");
	log_text(&line, "kind", remind->source->several ? "reminders" : "remind");
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
	for (size_t i = 0; i < run->claimed_n; i++) {
		if (!remind->written[i] || remind->events[i].untold || !is_told(remind, i))
			continue;
		tell_hint_add(hint, task_of(remind, i));
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
	for (size_t i = 0; i < remind->run.claimed_n; i++) {
		if (remind->written[i] && !remind->events[i].untold && is_told(remind, i))
			spans_add_late(spans, SPAN_LATE_REMINDERS, at_of(remind, i), clock);
	}
}

static void count(const struct run *run, struct counters *counters)
{
	const struct remind *remind = (const struct remind *)run;
	if (!remind->settling)
		note_lateness(remind, &run->site.shared->spans);
	size_t passed = 0;
	for (size_t i = 0; remind->source->several && i < run->claimed_n; i++)
		passed += remind->written[i] && !is_told(remind, i);
	counter_add(counters, remind->settling ? COUNTER_SETTLED : COUNTER_REMINDED,
		run->wrote_n - remind->untold - passed);
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
	params_text(&params, run_looks_for_waiting(run) ? run->job->name : NULL);
	run_add_claim(run, remind->source->claim, &params);
}

/* While somebody has a flood: others first. */
static void add_claim_fair(struct run *run)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_int8(&params, (int64_t)run->limit);
	params_instant(&params, of(run)->from);
	params_text(&params, run_looks_for_waiting(run) ? run->job->name : NULL);
	run_add_fairness(run, of(run)->from, &params);
	conn_add(run->batch.conn, of(run)->source->claim_fair, &params);
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
	conn_add(run->site.conn, of(run)->source->claim_waiting, &params);
}

static void make_event(struct remind *remind, size_t row)
{
	usec_t at = at_of(remind, row), keys_from = remind->run.batch.keys_from;
	struct event *event = &remind->events[row];
	if (remind->source->several)
		event_make_part(&kind_reminder, id_of(remind, row), task_of(remind, row), at,
			keys_from, event);
	else
		event_make(&kind_reminder, task_of(remind, row), at, keys_from, event);
	remind->hashed = remind->hashed || event_newer(event);
}

static void make_events(struct remind *remind, size_t n)
{
	remind->written = mem_alloc_array(n, sizeof(*remind->written));
	remind->events = mem_alloc_array(n, sizeof(*remind->events));
	for (size_t i = 0; i < n; i++)
		make_event(remind, i);
}

static void claimed(struct run *run, const struct reply *reply, int claim)
{
	struct remind *remind = of(run);
	remind->due = reply_take(reply, claim);
	run->claimed_n = (size_t)PQntuples(remind->due);
	run->full = run->claimed_n == run->limit && !run->job->retries;
	if (run->share && run->claimed_n > 0)
		run_take_fairness(
			run, remind->due, remind->source->several ? COLUMNS_OF_SEVERAL : COLUMNS);
	make_events(remind, run->claimed_n);
	if (!run->careful && run->claimed_n > 0)
		run->through = at_of(remind, run->claimed_n - 1);
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
		ids[i] = id_of(remind, from + i);
		places[i] = row_place(remind->due, (int)(from + i), COLUMN_PLACE);
		instants[i] = at_of(remind, from + i);
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

static void add_told(const struct remind *remind, size_t from, size_t n, struct params *params)
{
	bool *told CLEANUP(mem_cleanup) = mem_alloc_array(n, sizeof(*told));
	for (size_t i = 0; i < n; i++)
		told[i] = is_told(remind, from + i);
	params_bools(params, told, n);
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
	if (remind->source->several)
		add_told(remind, from, n, &params);
	/* An event from before keys_from may have been told under another key: it is looked for. */
	if (careful || remind->hashed)
		conn_add_other(conn, remind->source->write, &params);
	else
		conn_add(conn, remind->source->write, &params);
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
	const char *met = row_text(remind->result, row, COLUMN_MET_ID);
	for (size_t i = from; met && i < from + n; i++) {
		if (strcmp(id_of(remind, i), met) != 0)
			continue;
		event_meet(&remind->events[i], &kind_reminder, task_of(remind, i), at_of(remind, i),
			remind->result, row, COLUMN_MET);
		remind->untold += remind->events[i].untold;
	}
}

static void wrote(void *job, size_t from, size_t n)
{
	struct remind *remind = job;
	for (size_t i = from; i < from + n; i++) {
		remind->written[i] = true;
		run_wrote(&remind->run, id_of(remind, i));
	}
	for (int row = 0; row < PQntuples(remind->result); row++)
		meet(remind, from, n, row);
}

static void row(struct run *run, size_t i, struct run_row *ret_row)
{
	const struct remind *remind = of(run);
	*ret_row = (struct run_row){ .id = id_of(remind, i),
		.user_id = row_text(remind->due, (int)i, COLUMN_USER),
		.at = at_of(remind, i),
		.place = row_place(remind->due, (int)i, COLUMN_PLACE) };
}

static void add_left(struct run *run, const char *const *ids, size_t n)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_text(&params, run->job->retries->name);
	params_texts(&params, ids, n);
	conn_add(run->site.conn, of(run)->source->left, &params);
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
	.reminders = true, .add_claim = add_claim, .add_claim_waiting = add_claim_waiting, \
	.claimed = claimed,                                                              \
	.writing = { .add = add_write, .took = took, .wrote = wrote,                     \
		.refused = run_refused, .done = run_written },                           \
	.row = row, .users = users, .add_left = add_left, .tell = tell, .kind = &kind_reminder,          \
	.count = count, .clear = clear
/* clang-format on */

static const struct run_ops remind_ops = { OPS, .named = "task" };
static const struct run_ops reminders_ops = { OPS, .named = "reminder" };
static const struct run_ops settle_ops = { OPS, .named = "task", .add_plain = add_plain,
	.took_plain = took_plain };

static const struct run_ops *ops_of(const struct remind *remind)
{
	if (remind->source->several)
		return &reminders_ops;
	return remind->settling ? &settle_ops : &remind_ops;
}

/* Of tasks those from before live_since are settled in batches of their own. */
static usec_t least_of(const struct remind *remind, const struct job_site *site)
{
	return remind->settling || remind->source->several ? USEC_MINUS_INFINITY : site->live_since;
}

void *remind_start(const struct remind_source *source, const struct job *job,
	const struct job_site *site, const struct job_order *order, job_done_fn *done, void *arg)
{
	struct remind *remind = mem_alloc(sizeof(*remind));
	remind->source = source;
	remind->settling = job == &job_settle || job->retries == &job_settle;
	remind->from = least_of(remind, site);
	if (!remind->settling && !job->retries && order->from > remind->from)
		remind->from = order->from;
	remind->before = remind->settling ? site->live_since : USEC_INFINITY;
	run_start(&remind->run, ops_of(remind), job, site, order, done, arg);
	return remind;
}

void remind_destroy(void *run)
{
	run_free(run);
}

static void *start(const struct job *job, const struct job_site *site,
	const struct job_order *order, job_done_fn *done, void *arg)
{
	static const struct remind_source tasks = { .claim = QUERY_REMINDER_CLAIM,
		.claim_fair = QUERY_REMINDER_CLAIM_FAIR,
		.claim_waiting = QUERY_REMINDER_CLAIM_WAITING,
		.write = QUERY_REMINDER_WRITE,
		.left = QUERY_REMINDER_LEFT };
	return remind_start(&tasks, job, site, order, done, arg);
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
	.destroy = remind_destroy };
const struct job job_settle = { .name = "settle",
	.when = JOB_TIMED,
	.rank = JOB_IN_TURN,
	.weight = 2,
	.due = settle_due,
	.start = start,
	.destroy = remind_destroy };
const struct job job_retry_remind = { .name = "retry remind",
	.rank = JOB_IN_TURN,
	.weight = 1,
	.retries = &job_remind,
	.start = start,
	.destroy = remind_destroy };
const struct job job_retry_settle = { .name = "retry settle",
	.rank = JOB_IN_TURN,
	.weight = 1,
	.retries = &job_settle,
	.start = start,
	.destroy = remind_destroy };
