/* Reminders, one batch at a time; see the header. */
#include "work/reminder.h"

#include <stdlib.h>

#include "db/rows.h"
#include "util/clock.h"
#include "util/fault.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/timefmt.h"

struct reminder {
	struct tell_rate *rate;
	struct batch batch;
	reminder_done_fn *done;
	void *arg;
	size_t told, limit;
	bool settling;
};

struct reminder *reminder_create(struct tell_rate *rate)
{
	struct reminder *reminder = mem_alloc(sizeof(*reminder));
	reminder->rate = rate;
	return reminder;
}

void reminder_destroy(struct reminder *reminder)
{
	free(reminder);
}

static void on_done(void *job, enum batch_outcome outcome)
{
	struct reminder *reminder = job;
	struct reminder_report report = { .outcome = outcome,
		.failure = &reminder->batch.failure,
		.told = outcome == BATCH_COMMITTED ? reminder->told : 0,
		.full = reminder->told == reminder->limit,
		.settling = reminder->settling };
	reminder->done(reminder->arg, &report);
}

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
	const struct batch_settings *settings, reminder_done_fn *done, void *arg)
{
	reminder->done = done;
	reminder->arg = arg;
	reminder->told = 0;
	batch_begin(&reminder->batch, conn, "remind", settings, on_done, reminder);
}

void reminder_run(struct reminder *reminder, struct conn *conn,
	const struct batch_settings *settings, usec_t live_since, size_t limit,
	reminder_done_fn *done, void *arg)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	reminder->limit = limit;
	params_int8(&params, (int64_t)limit);
	params_instant(&params, live_since);
	reminder->settling = false;
	start(reminder, conn, settings, done, arg);
	conn_add(conn, QUERY_REMINDER_TAKE, &params);
	batch_fly(&reminder->batch, on_taken);
}

void reminder_settle(struct reminder *reminder, struct conn *conn,
	const struct batch_settings *settings, size_t limit, reminder_done_fn *done, void *arg)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	reminder->limit = limit;
	params_int8(&params, (int64_t)limit);
	reminder->settling = true;
	start(reminder, conn, settings, done, arg);
	conn_add(conn, QUERY_REMINDER_SETTLE, &params);
	batch_fly(&reminder->batch, on_settled);
}
