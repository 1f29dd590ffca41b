/* Flights: statements in one pipeline up to one Sync, and the way their results come home.
 *
 * A statement that a direct session sees again and again is prepared: a batch of one row spends more
 * time in the server's parser and planner than in its execution.
 *
 * The callback runs as the very last step, after the state is ready again, because it may start the
 * next flight or destroy the connection.
 */
#include <string.h>

#include "db/conn_private.h"
#include "db/shape.h"
#include "db/sqlstate.h"
#include "util/charset.h"
#include "util/clock.h"
#include "util/mem.h"

#define PREPARE_USES 3 /* from then on it is prepared */

void flight_clear(struct conn *conn)
{
	struct flight *flight = &conn->flight;
	for (int i = 0; i < flight->n; i++)
		PQclear(flight->results[i]);
	*flight = (struct flight){ .failed = -1 };
}

const char *flight_blame(const struct conn *conn)
{
	const struct flight *flight = &conn->flight;
	int i = flight->failed >= 0 ? flight->failed : flight->received;
	return i < flight->steps_n ? query_name(flight->steps[i].query) : NULL;
}

struct flight_callback flight_take_callback(struct conn *conn)
{
	struct flight_callback callback = conn->flight.callback;
	conn->flight.callback = (struct flight_callback){ 0 };
	return callback;
}

static void send_prepare(
	struct conn *conn, const struct step *step, const char *name, const struct params *params)
{
	struct flight *flight = &conn->flight;
	flight->steps[flight->steps_n++] = (struct step){ step->query, step->other, true };
	if (PQsendPrepare(conn->pq, name, query_text(step->query, step->other),
		    params ? params->n : 0, params ? params->types : NULL) != 1)
		flight->send_failed = true;
}

/* Whether it is to be sent by its name, which is prepared first if need be. */
static bool prepared(
	struct conn *conn, const struct step *step, const char *name, const struct params *params)
{
	struct statement *statement = &conn->statements[step->query][step->other];
	if (!conn->direct || conn->forgetful)
		return false;
	if (statement->uses < PREPARE_USES) {
		statement->uses++;
		return false;
	}
	if (!statement->prepared)
		send_prepare(conn, step, name, params);
	statement->prepared = true;
	return true;
}

static void add(struct conn *conn, enum query_id query, bool other, const struct params *params)
{
	struct flight *flight = &conn->flight;
	if (conn->state != CONN_READY || flight->n == FLIGHT_STATEMENTS_MAX)
		mem_abort("statement %s added to a connection that is %s", query_name(query),
			conn_state_name(conn->state));
	if (flight->n == 0)
		flight->failed = -1;
	const char *values[PARAMS_MAX];
	if (params)
		params_values(params, values);
	const char *name = query_prepared_name(query, other);
	struct step step = { query, other, false };
	int n = params ? params->n : 0, sent;
	const int *lengths = params ? params->lengths : NULL,
		  *formats = params ? params->formats : NULL;
	if (prepared(conn, &step, name, params))
		sent = PQsendQueryPrepared(conn->pq, name, n, values, lengths, formats, 1);
	else
		sent = PQsendQueryParams(conn->pq, query_text(query, other), n,
			params ? params->types : NULL, values, lengths, formats, 1);
	if (sent != 1)
		flight->send_failed = true;
	flight->steps[flight->steps_n++] = step;
	flight->results[flight->n++] = NULL;
}

void conn_add(struct conn *conn, enum query_id query, const struct params *params)
{
	add(conn, query, false, params);
}

void conn_add_other(struct conn *conn, enum query_id query, const struct params *params)
{
	add(conn, query, true, params);
}

void conn_direct(struct conn *conn, int32_t backend_pid)
{
	conn->direct = PQbackendPID(conn->pq) == backend_pid;
}

void conn_add_limits(struct conn *conn, struct conn_limits limits)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_milliseconds(&params, limits.statement_timeout);
	params_milliseconds(&params, limits.lock_timeout);
	params_milliseconds(&params, limits.statement_timeout); /* of idleness */
	params_text(&params, limits.search_path);
	params_text(&params, "auto"); /* plan_cache_mode */
	conn_add(conn, QUERY_FLIGHT_LIMITS, &params);
}

void conn_begin(struct conn *conn, struct conn_limits limits)
{
	conn_add(conn, QUERY_TX_BEGIN, NULL);
	conn_add_limits(conn, limits);
	conn->flight.closes = true;
}

static void send_sync(struct conn *conn)
{
	conn->flight.syncs++;
	if (PQpipelineSync(conn->pq) != 1)
		conn->flight.send_failed = true;
}

void conn_fly(struct conn *conn, reply_fn *fn, void *arg)
{
	conn_fly_within(conn, conn->query_timeout, fn, arg);
}

void conn_fly_within(struct conn *conn, usec_t deadline, reply_fn *fn, void *arg)
{
	struct flight *flight = &conn->flight;
	flight->deadline = deadline < conn->query_timeout ? deadline : conn->query_timeout;
	flight->callback = (struct flight_callback){ fn, arg };
	send_sync(conn);
	if (flight->closes) {
		/* Behind the Sync it is reached after a failure, too, and rolls back then. */
		conn_add(conn, QUERY_TX_COMMIT, NULL);
		send_sync(conn);
	}
	conn_enter(conn, CONN_BUSY);
	conn_arm_query_timer(conn, flight->deadline);
	flight->sent_at = clock_monotonic();
	/* Whatever the flush says is handled in the next turn of the loop, not here: the callback
	 * must not come before we return. */
	bool pending = PQflush(conn->pq) != 0;
	conn_watch(conn, pending ? EV_READ | EV_WRITE : EV_READ);
	if (pending || flight->send_failed)
		ev_feed_event(conn->loop, &conn->io, EV_READ);
}

PGresult *reply_take(const struct reply *reply, int statement)
{
	PGresult *result = reply->results[statement];
	reply->results[statement] = NULL;
	return result;
}

usec_t conn_sent_at(const struct conn *conn)
{
	return conn->flight.sent_at;
}

/* The detail of these quotes whole rows and keys: titles, that is, which have no place in a log. */
static bool quotes_rows(const char *sqlstate)
{
	static const char *const states[] = { "23502", "23505", "23514", "23P01" };
	for (size_t i = 0; sqlstate && i < ARRAY_LEN(states); i++)
		if (strcmp(sqlstate, states[i]) == 0)
			return true;
	return false;
}

/* What was prepared before a column got another type fails for ever in this session ("cached plan must not
 * change result type").  The words are translated, and the code is everybody's: who says it is neither. */
static bool is_outdated(const PGresult *result, const char *sqlstate)
{
	const char *who = PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION);
	return sqlstate && strcmp(sqlstate, "0A000") == 0 && who &&
	       strcmp(who, "RevalidateCachedQuery") == 0;
}

static void take_failure(struct flight *flight, const PGresult *result)
{
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
	if (quotes_rows(sqlstate))
		detail = NULL;
	flight->failed = flight->received;
	flight->outdated = is_outdated(result, sqlstate);
	if (sqlstate)
		memcpy(flight->sqlstate, sqlstate, strnlen(sqlstate, 5));
	if (!message) /* libpq's own */
		message = PQresultErrorMessage(result);
	struct err text;
	struct strbuf whole CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	(void)charset_to_utf8(charset_bound(), message, strcspn(message, "\n"), &whole);
	if (detail)
		strbuf_add_text(&whole, ": ");
	(void)charset_to_utf8(charset_bound(), detail, detail ? strlen(detail) : 0, &whole);
	err_set(&text, "%s", whole.data);
	memcpy(flight->message, text.text, sizeof(flight->message));
	struct refusal refusal = refusal_read(result);
	refusal_object(&refusal, flight->object);
}

/* Good for the server, but not what its readers expect. */
static bool misshapen(struct flight *flight, enum query_id query, const PGresult *result)
{
	struct err err;
	if (shape_check(query, result, &err))
		return false;
	if (flight->failed >= 0)
		return true;
	flight->failed = flight->received;
	strcpy(flight->sqlstate, SHAPE_SQLSTATE);
	memcpy(flight->message, err.text, sizeof(flight->message));
	return true;
}

/* A pooler between us and the server, that gave itself out as the server, gives us another session
 * each time: what was prepared is unknown, or was prepared by others. */
static void doubt_names(struct conn *conn)
{
	const struct flight *flight = &conn->flight;
	if (strcmp(flight->sqlstate, "26000") == 0 || strcmp(flight->sqlstate, "42P05") == 0)
		conn->forgetful = true;
	if (flight->outdated)
		conn->direct = false;
}

/* One result that is not the Sync's. */
static void take_result(struct conn *conn, PGresult *result)
{
	struct flight *flight = &conn->flight;
	ExecStatusType status = PQresultStatus(result);
	bool ok = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
	bool known = flight->received < flight->steps_n;
	const struct step *step = &flight->steps[flight->received];
	if (!ok && flight->failed < 0 && status != PGRES_PIPELINE_ABORTED) {
		take_failure(flight, result);
		doubt_names(conn);
	}
	if (known && step->prepares)
		conn->statements[step->query][step->other].prepared = ok;
	if (known && ok && !step->prepares && !misshapen(flight, step->query, result))
		flight->results[flight->received_n] = result;
	else
		PQclear(result);
	flight->received_n += known && !step->prepares;
	flight->received++;
}

static void finish(struct conn *conn)
{
	struct flight home = conn->flight;
	conn->flight = (struct flight){ .failed = -1, .sent_at = home.sent_at };
	conn_disarm_timer(conn);
	conn_enter(conn, CONN_READY);
	conn_watch(conn, EV_READ);
	struct reply reply = {
		.results = home.results, .n = home.n - home.closes, .object = home.object
	};
	if (home.failed >= 0) {
		reply.status = REPLY_FAILED;
		/* An error at the Sync itself (a deferred constraint, NOTIFY) has no statement. */
		reply.statement = home.failed < home.steps_n
					  ? query_name(home.steps[home.failed].query)
					  : "commit";
		memcpy(reply.sqlstate, home.sqlstate, sizeof(reply.sqlstate));
		reply.message = home.message;
		reply.outdated = home.outdated;
	}
	home.callback.fn(home.callback.arg, &reply);
	for (int i = 0; i < home.n; i++)
		PQclear(home.results[i]);
}

static void give_notifications(struct conn *conn)
{
	for (PGnotify *notify; (notify = PQnotifies(conn->pq)); PQfreemem(notify)) {
		if (conn->callbacks.notified)
			conn->callbacks.notified(
				conn->callbacks.arg, notify->relname, notify->extra);
	}
}

/* Results until libpq would block.  true: the flight is home. */
static bool drain(struct conn *conn)
{
	while (conn->state == CONN_BUSY && !PQisBusy(conn->pq)) {
		PGresult *result = PQgetResult(conn->pq);
		if (!result) {
			if (PQstatus(conn->pq) == CONNECTION_BAD)
				return false;
			continue; /* the end of one statement's results */
		}
		if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
			PQclear(result);
			if (--conn->flight.syncs == 0)
				return true;
			continue;
		}
		take_result(conn, result);
	}
	return false;
}

static void break_link(struct conn *conn)
{
	const struct flight *flight = &conn->flight;
	bool told = flight->failed >= 0;
	conn_lost(conn, told ? flight->sqlstate : "",
		told ? flight->message : PQerrorMessage(conn->pq));
}

void flight_progress(struct conn *conn, int events)
{
	if (conn->flight.send_failed) { /* a statement is missing: its Sync must not count as success */
		break_link(conn);
		return;
	}
	int flushed = PQflush(conn->pq);
	bool alive = flushed >= 0;
	if (events & EV_READ)
		alive = PQconsumeInput(conn->pq) == 1 && alive;
	bool home = drain(conn);
	/* After draining: one that came with the reply was parsed there. */
	give_notifications(conn);
	if (home && PQstatus(conn->pq) == CONNECTION_OK) {
		finish(conn);
		return;
	}
	if (!alive || PQstatus(conn->pq) == CONNECTION_BAD) {
		break_link(conn);
		return;
	}
	conn_watch(conn, flushed > 0 ? EV_READ | EV_WRITE : EV_READ);
}
