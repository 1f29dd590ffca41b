/* One transaction and its ends; see the header. */
#include "job/batch.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/rows.h"
#include "util/clock.h"
#include "util/fault.h"
#include "util/log.h"
#include "util/mem.h"

static void end(struct batch *batch)
{
	batch_clear(batch);
	batch->done(batch->job, batch->outcome);
}

void batch_begin(struct batch *batch, struct conn *conn, const char *kind,
	const struct batch_settings *settings, batch_done_fn *done, void *job)
{
	*batch = (struct batch){ .conn = conn,
		.kind = kind,
		.settings = *settings,
		.done = done,
		.job = job,
		.session = conn_session(conn),
		.began_at = clock_monotonic() };
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_milliseconds(&params, settings->statement_timeout);
	params_milliseconds(&params, settings->lock_timeout);
	params_milliseconds(&params, settings->idle_timeout);
	params_text(&params, settings->search_path);
	params_text(&params, settings->repetitive ? "force_generic_plan" : "auto");
	params_utf8(&params, settings->actor);
	conn_add(conn, QUERY_TX_BEGIN, NULL);
	conn_add(conn, QUERY_TX_SETTINGS, &params);
}

static void on_rolled_back(void *arg, const struct reply *reply)
{
	struct batch *batch = arg;
	if (reply->status == REPLY_LOST && batch->outcome != BATCH_NOTHING)
		batch->outcome = BATCH_LOST;
	end(batch);
}

static void roll_back(struct batch *batch)
{
	conn_add(batch->conn, QUERY_TX_ROLLBACK, NULL);
	conn_fly(batch->conn, on_rolled_back, batch);
}

static enum batch_outcome outcome_of(const struct reply *reply)
{
	switch (sqlstate_classify(reply->sqlstate)) {
	case SQLSTATE_CONFLICT:
		return BATCH_CONFLICT;
	case SQLSTATE_ROW:
		return BATCH_ROW;
	default:
		return BATCH_FAILED;
	}
}

void batch_failure_take(struct batch_failure *failure, const struct reply *reply)
{
	memcpy(failure->sqlstate, reply->sqlstate, sizeof(failure->sqlstate));
	snprintf(failure->statement, sizeof(failure->statement), "%s",
		reply->statement ? reply->statement : "");
	snprintf(
		failure->object, sizeof(failure->object), "%s", reply->object ? reply->object : "");
	snprintf(failure->message, sizeof(failure->message), "%s", reply->message);
	failure->session_ends = reply->outdated || sqlstate_spoils_session(reply->sqlstate);
}

static void *stepper(const struct batch *batch)
{
	return batch->stepper ? batch->stepper : batch->job;
}

/* true: the reply is a success.  Otherwise the batch is on its way to its end. */
static bool succeeded(struct batch *batch, const struct reply *reply)
{
	batch_refused_fn *refused = batch->refused;
	batch->refused = NULL;
	if (reply->status == REPLY_OK)
		return true;
	batch_failure_take(&batch->failure, reply);
	if (refused && reply->status == REPLY_FAILED && !batch->failure.session_ends) {
		refused(stepper(batch));
		return false;
	}
	batch->outcome = reply->status == REPLY_LOST ? BATCH_LOST : outcome_of(reply);
	if (reply->status == REPLY_LOST)
		end(batch);
	else
		roll_back(batch);
	return false;
}

static const char *level_objection(const struct batch *batch, const PGresult *level)
{
	if (row_int4(level, 0, 0) > batch->settings.schema_level)
		return "a migration has come that needs a newer recurd";
	if (row_is_null(level, 0, 2) || row_instant(level, 0, 2) != batch->settings.live_since)
		return "live_since has changed: the schema was made anew, or somebody set it";
	return NULL;
}

/* What forbids to go on, or NULL.  outdated: other settings are in force than those that the job goes by. */
static const char *objection(struct batch *batch, const struct reply *reply, bool *ret_outdated)
{
	const PGresult *begun = reply->results[1], *last = reply->results[reply->n - 1];
	bool first = batch->now == 0, writes = batch->writes;
	int64_t version = batch->settings.settings_version;
	batch->writes = false;
	if (first && !row_clock(begun, 0, 0, &batch->now))
		return CLOCK_COMPLAINT;
	if (first && row_is_null(begun, 0, 2))
		return KEYS_COMPLAINT;
	if (first)
		batch->keys_from = row_instant(begun, 0, 2);
	const char *why = writes ? level_objection(batch, last) : NULL;
	if (why)
		return why;
	*ret_outdated = (first && row_int8(begun, 0, 1) != version) ||
			(writes && row_int8(last, 0, 1) != version) ||
			(writes && row_instant(last, 0, 3) != batch->keys_from);
	return NULL;
}

void batch_refuse(struct batch *batch, const char *sqlstate, const char *why)
{
	struct reply reply = {
		.statement = query_name(QUERY_TX_SETTINGS), .message = why, .object = ""
	};
	snprintf(reply.sqlstate, sizeof(reply.sqlstate), "%s", sqlstate);
	batch_failure_take(&batch->failure, &reply);
	batch->outcome = *sqlstate ? outcome_of(&reply) : BATCH_FAILED;
	roll_back(batch);
}

void batch_give_up(struct batch *batch)
{
	struct reply reply = { 0 };
	memcpy(reply.sqlstate, batch->failure.sqlstate, sizeof(reply.sqlstate));
	batch->outcome = outcome_of(&reply);
	roll_back(batch);
}

static void on_reply(void *arg, const struct reply *reply)
{
	struct batch *batch = arg;
	if (!succeeded(batch, reply))
		return;
	bool outdated = false;
	const char *why = objection(batch, reply, &outdated);
	/* Without a code it counts as a broken session: the next one finds out what is wrong, and
	 * says what to do. */
	if (why) {
		batch_refuse(batch, "", why);
	} else if (outdated) {
		batch->outcome = BATCH_OUTDATED;
		roll_back(batch);
	} else {
		batch->step(stepper(batch), reply);
	}
}

void batch_fly(struct batch *batch, batch_step_fn *step)
{
	batch->step = step;
	conn_fly(batch->conn, on_reply, batch);
}

void batch_write(struct batch *batch, batch_step_fn *step)
{
	batch->writes = true;
	conn_add(batch->conn, QUERY_TX_LEVEL, NULL);
	batch_fly(batch, step);
}

void batch_attempt(struct batch *batch, batch_step_fn *step, batch_refused_fn *refused)
{
	batch->refused = refused;
	batch_fly(batch, step);
}

static void on_hinted(void *arg, const struct reply *reply)
{
	struct batch *batch = arg;
	if (reply->status != REPLY_OK)
		log_msg(LOG_WARNING, "notify_failed",
			"%s: NOTIFY was refused (%s); nothing is lost, applications read "
			"recurd.notifications",
			batch->kind, reply->message);
	end(batch);
}

struct conn_limits batch_limits(const struct batch *batch)
{
	const struct batch_settings *settings = &batch->settings;
	return (struct conn_limits){ settings->statement_timeout, settings->lock_timeout,
		settings->search_path };
}

static void on_committed(void *arg, const struct reply *reply)
{
	struct batch *batch = arg;
	if (!succeeded(batch, reply))
		return;
	fault("batch.committed");
	batch->outcome = BATCH_COMMITTED;
	if (!batch->hint) {
		end(batch);
		return;
	}
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_text(&params, batch->hint);
	conn_add_limits(batch->conn, batch_limits(batch));
	conn_add(batch->conn, QUERY_EMIT, &params);
	conn_fly(batch->conn, on_hinted, batch);
}

void batch_commit(struct batch *batch, const char *hint)
{
	fault("batch.logged_not_committed");
	if (hint && batch->settings.notify)
		batch->hint = mem_strdup(hint);
	conn_add(batch->conn, QUERY_TX_COMMIT, NULL);
	conn_fly(batch->conn, on_committed, batch);
}

void batch_abandon(struct batch *batch)
{
	batch->outcome = BATCH_NOTHING;
	roll_back(batch);
}

bool batch_alive(const struct batch *batch)
{
	return conn_state(batch->conn) == CONN_READY && conn_session(batch->conn) == batch->session;
}

void batch_lose(struct batch *batch)
{
	snprintf(batch->failure.message, sizeof(batch->failure.message), "the session broke");
	batch->outcome = BATCH_LOST;
	end(batch);
}

void batch_clear(struct batch *batch)
{
	free(batch->hint);
	batch->hint = NULL;
}

usec_t batch_clock(const struct batch *batch)
{
	return batch->now + (clock_monotonic() - batch->began_at);
}

void batch_log_failure(const char *kind, const struct batch_failure *failure, usec_t retry)
{
	struct log_line line;
	log_begin(&line, LOG_ERR, "batch_failed");
	log_text(&line, "kind", kind);
	log_text(&line, "class", sqlstate_class_name(sqlstate_classify(failure->sqlstate)));
	log_text(&line, "sqlstate", failure->sqlstate);
	log_text(&line, "statement", failure->statement);
	log_text(&line, "reason", failure->message);
	log_int(&line, "retry_ms", retry / USEC_PER_MSEC);
	log_end(&line);
}
