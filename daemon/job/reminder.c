/* Reminders, one batch at a time; see the header. */
#include "job/reminder.h"

#include <stdlib.h>
#include <string.h>

#include "db/rows.h"
#include "job/caution.h"
#include "job/narrow.h"
#include "util/clock.h"
#include "util/fault.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/timefmt.h"

struct reminder {
	struct tell_rate *rate;
	struct parking *parking;
	struct conn *conn;
	struct batch batch;
	struct reminder_options options;
	reminder_done_fn *done;
	void *arg;
	struct caution caution;
	struct narrow narrow;
	size_t told, limit; /* limit: of this batch */
	usec_t from, before; /* of remind_at in this batch */
	char *alone; /* the parked task that this batch is about; NULL: all others */
	bool settling;
	uint64_t blamed_at; /* parking->worked when a row was last blamed for a failure */
	char *lost_task; /* the only row of a batch that was lost */
	bool suspects; /* sessions end over the batch of one: ask which row it is */
};

struct reminder *reminder_create(struct tell_rate *rate, struct parking *parking)
{
	struct reminder *reminder = mem_alloc(sizeof(*reminder));
	reminder->rate = rate;
	reminder->parking = parking;
	reminder->blamed_at = UINT64_MAX;
	return reminder;
}

void reminder_destroy(struct reminder *reminder)
{
	if (!reminder)
		return;
	batch_clear(&reminder->batch);
	free(reminder->alone);
	free(reminder->lost_task);
	free(reminder);
}

/* ---- the end of a batch ---- */

static void report(struct reminder *reminder, enum batch_outcome outcome, bool again)
{
	struct reminder_report report = { .outcome = outcome,
		.failure = &reminder->batch.failure,
		.told = outcome == BATCH_COMMITTED ? reminder->told : 0,
		.again = again,
		.full = !reminder->alone && reminder->told == reminder->limit,
		.settling = reminder->settling };
	reminder->done(reminder->arg, &report);
}

static void park(struct reminder *reminder, const char *task_id)
{
	enum batch_outcome outcome = reminder->batch.outcome;
	bool bad = outcome == BATCH_LOST || outcome == BATCH_FAILED;
	enum parking_why why = outcome == BATCH_LOST       ? PARKED_LOST
			       : outcome == BATCH_FAILED   ? PARKED_FAILED
			       : outcome == BATCH_CONFLICT ? PARKED_HELD
							   : PARKED_REFUSED;
	bool first = parking_add(reminder->parking, task_id, why, 0, clock_monotonic());
	struct log_line line;
	log_begin(&line, !first ? LOG_DEBUG : bad ? LOG_ERR : LOG_WARNING, "reminder_refused");
	log_text(&line, "task", task_id);
	log_text(&line, "sqlstate", reminder->batch.failure.sqlstate);
	log_text(&line, "reason", reminder->batch.failure.message);
	log_text(&line, "next", "waits alone, the others go on");
	log_end(&line);
}

/* One session that ends over it may be the network's doing. */
static bool is_guilty(struct reminder *reminder, const char *task_id)
{
	if (reminder->batch.outcome != BATCH_LOST || reminder->alone)
		return true;
	bool again = reminder->lost_task && strcmp(reminder->lost_task, task_id) == 0;
	free(reminder->lost_task);
	reminder->lost_task = again ? NULL : mem_strdup(task_id);
	return again;
}

static void on_suspect(void *arg, const struct reply *reply)
{
	struct reminder *reminder = arg;
	const PGresult *suspect = reply->status == REPLY_OK ? reply->results[reply->n - 1] : NULL;
	bool found = suspect && PQntuples(suspect) == 1;
	/* Nobody was served since the last was blamed: it may be the server, and is no hurry. */
	bool general = reminder->batch.outcome == BATCH_FAILED && !reminder->alone &&
		       reminder->blamed_at == reminder->parking->worked;
	if (found && is_guilty(reminder, row_text(suspect, 0, 0)))
		park(reminder, row_text(suspect, 0, 0));
	reminder->blamed_at = reminder->parking->worked;
	reminder->suspects = false; /* lost over this, too: no row to blame was found */
	report(reminder, reply->status == REPLY_LOST ? BATCH_LOST : BATCH_ROW, found && !general);
}

static void leave_out_parked(const struct reminder *reminder, struct params *params)
{
	const char *parked[PARKING_MAX];
	size_t n = reminder->alone ? 0 : parking_ids(reminder->parking, parked);
	params_texts(params, parked, n);
}

/* A batch of one was refused, or lost: ask which it was. */
static void find_suspect(struct reminder *reminder)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_instant(&params, reminder->from);
	params_instant(&params, reminder->before);
	leave_out_parked(reminder, &params);
	params_text(&params, reminder->alone);
	conn_begin(reminder->conn, batch_limits(&reminder->batch));
	conn_add(reminder->conn, QUERY_REMINDER_SUSPECT, &params);
	conn_fly(reminder->conn, on_suspect, reminder);
}

static bool was_taking(const struct reminder *reminder)
{
	const char *statement = reminder->batch.failure.statement;
	return strcmp(statement, query_name(QUERY_REMINDER_TAKE)) == 0 ||
	       strcmp(statement, query_name(QUERY_REMINDER_SETTLE)) == 0;
}

/* Sessions end over one row: it is found before anything else is tried.  true: that is under way. */
static bool looks_for_suspect(struct reminder *reminder, struct conn *conn,
	const struct reminder_options *options, reminder_done_fn *done, void *arg)
{
	if (!reminder->suspects)
		return false;
	reminder->conn = conn;
	reminder->options = *options;
	reminder->done = done;
	reminder->arg = arg;
	find_suspect(reminder);
	return true;
}

static void on_done(void *job, enum batch_outcome outcome)
{
	struct reminder *reminder = job;
	bool again = outcome == BATCH_COMMITTED;
	if (outcome == BATCH_COMMITTED) {
		narrow_worked(&reminder->narrow, reminder->options.limit);
		caution_worked(&reminder->caution);
		reminder->parking->worked += !reminder->alone;
	}
	if (outcome == BATCH_ROW && caution_failed(&reminder->caution, &reminder->batch.failure)) {
		report(reminder, outcome, true);
		return;
	}
	if (reminder->alone && (outcome == BATCH_COMMITTED || outcome == BATCH_NOTHING)) {
		parking_remove(reminder->parking, reminder->alone);
		again = true;
	}
	if (outcome == BATCH_LOST)
		reminder->suspects = narrow_lost(&reminder->narrow, reminder->limit) ||
				     reminder->alone;
	bool refused = outcome == BATCH_ROW || outcome == BATCH_CONFLICT;
	bool failed = outcome == BATCH_FAILED && was_taking(reminder);
	bool suspected = failed &&
			 (narrow_lost(&reminder->narrow, reminder->limit) || reminder->alone);
	if (suspected || (refused && reminder->limit == 1)) {
		find_suspect(reminder);
		return;
	}
	if (refused)
		narrow_failed(&reminder->narrow, reminder->limit);
	again = again || refused || (failed && reminder->narrow.losses >= NARROW_LOSSES);
	report(reminder, outcome, again);
}

/* ---- telling ---- */

/* Columns of reminder_take.sql. */
enum { COLUMN_ID, COLUMN_USER, COLUMN_REMIND_AT, COLUMN_KEY };

static void log_row(const struct reminder *reminder, const PGresult *due, int row)
{
	usec_t at = row_instant(due, row, COLUMN_REMIND_AT);
	struct log_line line;
	log_begin(&line, LOG_INFO, "reminder");
	log_text(&line, "task", row_text(due, row, COLUMN_ID));
	log_text(&line, "user", row_text(due, row, COLUMN_USER));
	log_instant(&line, "remind_at", at);
	log_int(&line, "late_ms", (batch_clock(&reminder->batch) - at) / USEC_PER_MSEC);
	log_text(&line, "key", row_text(due, row, COLUMN_KEY));
	log_end(&line);
}

static void log_batch(const struct reminder *reminder, const PGresult *due, int silent)
{
	usec_t oldest = row_instant(due, 0, COLUMN_REMIND_AT);
	struct log_line line;
	log_begin(&line, silent ? LOG_NOTICE : LOG_DEBUG, "batch");
	log_text(&line, "kind", "remind");
	log_int(&line, "rows", PQntuples(due));
	log_int(&line, "without_line", silent);
	log_int(&line, "ms", (clock_monotonic() - reminder->batch.began_at) / USEC_PER_MSEC);
	log_int(&line, "lag_ms", (reminder->batch.now - oldest) / USEC_PER_MSEC);
	log_end(&line);
}

static void on_taken(void *job, const struct reply *reply)
{
	struct reminder *reminder = job;
	const PGresult *due = reply->results[BATCH_BEGIN_RESULTS];
	int n = PQntuples(due), silent = 0;
	if (n == 0) {
		batch_abandon(&reminder->batch);
		return;
	}
	fault("reminder.written_not_logged");
	struct tell_hint hint CLEANUP(tell_hint_free);
	tell_hint_init(&hint, "reminder");
	for (int row = 0; row < n; row++) {
		tell_hint_add(&hint, row_text(due, row, COLUMN_ID));
		if (tell_rate_take(reminder->rate, clock_monotonic()))
			log_row(reminder, due, row);
		else
			silent++;
	}
	log_batch(reminder, due, silent);
	reminder->told = (size_t)n;
	batch_commit(&reminder->batch, tell_hint_text(&hint));
}

static void on_settled(void *job, const struct reply *reply)
{
	struct reminder *reminder = job;
	int64_t n = row_int8(reply->results[BATCH_BEGIN_RESULTS], 0, 0);
	if (n == 0) {
		batch_abandon(&reminder->batch);
		return;
	}
	struct log_line line;
	log_begin(&line, LOG_NOTICE, "settled");
	log_int(&line, "reminders", n);
	log_text(&line, "reason", "due before recurd first started: marked handled, not told");
	log_end(&line);
	reminder->told = (size_t)n;
	batch_commit(&reminder->batch, NULL);
}

static void start(struct reminder *reminder, struct conn *conn,
	const struct batch_settings *settings, const struct reminder_options *options,
	reminder_done_fn *done, void *arg)
{
	reminder->conn = conn;
	reminder->options = *options;
	reminder->done = done;
	reminder->arg = arg;
	reminder->told = 0;
	reminder->limit = reminder->alone ? 1 : narrow_limit(&reminder->narrow, options->limit);
	struct batch_settings own = *settings;
	if ((reminder->alone || reminder->narrow.limit) && own.lock_timeout > NARROW_LOCK_TIMEOUT)
		own.lock_timeout = NARROW_LOCK_TIMEOUT;
	batch_begin(&reminder->batch, conn, "remind", &own, on_done, reminder);
}

void reminder_run(struct reminder *reminder, struct conn *conn,
	const struct batch_settings *settings, const struct reminder_options *options,
	reminder_done_fn *done, void *arg)
{
	if (looks_for_suspect(reminder, conn, options, done, arg))
		return;
	const struct parked *parked = parking_take(reminder->parking, clock_monotonic());
	free(reminder->alone);
	reminder->alone = parked ? mem_strdup(parked->user_id) : NULL;
	if (parked)
		caution_once(&reminder->caution);
	reminder->settling = false;
	reminder->from = reminder->alone ? options->oldest : options->from;
	reminder->before = USEC_INFINITY;
	start(reminder, conn, settings, options, done, arg);
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_int8(&params, (int64_t)reminder->limit);
	params_instant(&params, reminder->from);
	leave_out_parked(reminder, &params);
	params_text(&params, reminder->alone);
	caution_add(&reminder->caution, conn, QUERY_REMINDER_TAKE, &params);
	batch_write(&reminder->batch, on_taken);
}

void reminder_settle(struct reminder *reminder, struct conn *conn,
	const struct batch_settings *settings, const struct reminder_options *options,
	reminder_done_fn *done, void *arg)
{
	if (looks_for_suspect(reminder, conn, options, done, arg))
		return;
	mem_cleanup(&reminder->alone);
	reminder->settling = true;
	reminder->from = USEC_MINUS_INFINITY;
	reminder->before = options->live_since;
	start(reminder, conn, settings, options, done, arg);
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_int8(&params, (int64_t)reminder->limit);
	params_instant(&params, reminder->before);
	leave_out_parked(reminder, &params);
	conn_add(conn, QUERY_REMINDER_SETTLE, &params);
	batch_write(&reminder->batch, on_settled);
}
