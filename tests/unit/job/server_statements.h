/* The statements of the simulated server, and flights to it; see server.h. */
#pragma once

#include "db/dbsession.h"
#include "job/server.h"

/* ---- claims ---- */

/* The first row at that instant or later. */
static int lower_bound(usec_t at)
{
	int from = 0, to = server.n;
	while (from < to) {
		int middle = from + (to - from) / 2;
		if (server.rows[middle].at < at)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/* The next open row, or n. */
static int next_open(int i)
{
	while (i < server.n) {
		uint64_t word = server.open[i / 64] >> (i % 64);
		if (word) {
			i += __builtin_ctzll(word);
			return i < server.n ? i : server.n;
		}
		i = (i / 64 + 1) * 64;
	}
	return server.n;
}

/* Those that are due and wait for nothing, oldest first; they are locked. */
static int claim(struct conn *conn, usec_t from, usec_t before, int limit, int *rows)
{
	int n = 0, start = lower_bound(from), i = next_open(start), seen = 0;
	for (; i < server.n && n < limit; i = next_open(i + 1)) {
		struct row *row = &server.rows[i];
		if (row->at > server.now || row->at >= before)
			break;
		seen++;
		if (row->owner || row->locked)
			continue;
		lock_row(conn, i);
		rows[n++] = i;
	}
	int end = lower_bound(server.now + 1);
	conn->cost += ((i < end ? i : end) - start - seen) * COST_PASSED;
	return n;
}

/* The open row before, or -1. */
static int last_open(int i)
{
	while (i >= 0) {
		uint64_t word = server.open[i / 64] << (63 - i % 64);
		if (word)
			return i - __builtin_clzll(word);
		i = i / 64 * 64 - 1;
	}
	return -1;
}

/* The same, those that came due last. */
static int claim_latest(struct conn *conn, usec_t from, usec_t before, int limit, int *rows)
{
	usec_t end = before < server.now + 1 ? before : server.now + 1;
	int n = 0, first = lower_bound(end) - 1, i = last_open(first), seen = 0;
	for (; i >= 0 && n < limit && server.rows[i].at >= from; i = last_open(i - 1)) {
		seen++;
		if (server.rows[i].owner || server.rows[i].locked)
			continue;
		lock_row(conn, i);
		rows[n++] = i;
	}
	conn->cost += (first - i - seen) * COST_PASSED;
	return n;
}

static PGresult *claimed(const int *rows, int n, int columns)
{
	PGresult *result = table(columns);
	char place[6] = "place";
	for (int i = 0; i < n; i++) {
		put_id(result, i, 0, rows[i]);
		put_text(result, i, 1, "somebody");
		put_instant(result, i, 2, server.rows[rows[i]].at);
		PQsetvalue(result, i, 3, place, sizeof(place));
	}
	return result;
}

static PGresult *reminder_claim(struct conn *conn, const struct params *params, bool latest)
{
	int limit = (int)int_param(params, 0);
	int *rows CLEANUP(mem_cleanup) = mem_alloc_array((size_t)limit, sizeof(*rows));
	usec_t from = instant_param(params, 1), before = instant_param(params, 2);
	int n = latest ? claim_latest(conn, from, before, limit, rows)
		       : claim(conn, from, before, limit, rows);
	return claimed(rows, n, 4);
}

static PGresult *reminder_claim_waiting(struct conn *conn, const struct params *params)
{
	struct array ids = array_param(params, 0);
	int *rows CLEANUP(mem_cleanup) = mem_alloc_array((size_t)ids.n, sizeof(*rows));
	int n = 0;
	for (int i = 0; i < ids.n; i++) {
		int id = array_id(&ids);
		struct row *row = &server.rows[id];
		if (row->done || row->locked || row->owner)
			continue;
		lock_row(conn, id);
		rows[n++] = id;
	}
	return claimed(rows, n, 4);
}

static PGresult *reminder_write(struct conn *conn, const struct params *params)
{
	struct array ids = array_param(params, 0);
	int n = ids.n;
	int *rows CLEANUP(mem_cleanup) = mem_alloc_array((size_t)n, sizeof(*rows));
	for (int i = 0; i < n; i++)
		rows[i] = array_id(&ids);
	if (!write_rows(conn, rows, n))
		return table(1);
	PGresult *result = table(7);
	put_int8(result, 0, 0, n);
	put_bool(result, 0, 1, true);
	return result;
}

static PGresult *reminder_left(struct conn *conn, const struct params *params)
{
	struct array ids = array_param(params, 1);
	for (int i = 0; i < ids.n; i++) {
		int id = array_id(&ids);
		if (server.rows[id].done)
			op_add(conn, (struct op){ .change = ROW_FREE, .row = id });
	}
	return table(1);
}

/* ---- retries ---- */

static PGresult *retry_pick(struct conn *conn)
{
	struct cause *best = NULL;
	for (int i = 0; i < server.causes_n; i++) {
		struct cause *cause = &server.causes[i];
		bool due = cause->exists && !cause->owner && cause->next_try_at <= server.now;
		if (due && (!best || cause->next_try_at < best->next_try_at))
			best = cause;
	}
	PGresult *result = table(5);
	if (!best)
		return result;
	best->owner = conn;
	put_text(result, 0, 0, best->name);
	put_text(result, 0, 1, waiting_why_name(best->why));
	put_int4(result, 0, 2, best->tries);
	if (best->after < 0)
		put_text(result, 0, 3, "");
	else
		put_id(result, 0, 3, best->after);
	put_int8(result, 0, 4, best->n < 4096 ? (int64_t)best->n : 4096);
	return result;
}

static PGresult *choose_in_order(const struct params *params)
{
	char *name CLEANUP(mem_cleanup) = text_param(params, 1);
	const struct cause *cause = &server.causes[cause_of(name)];
	PGresult *result = table(2);
	int limit = (int)int_param(params, 2), n = 0;
	for (int i = cause->lists[0].first; i >= 0 && n < limit; i = server.rows[i].after) {
		put_id(result, n, 0, i);
		put_int4(result, n++, 1, server.rows[i].tries);
	}
	return result;
}

static PGresult *choose_held(const struct params *params)
{
	char *after CLEANUP(mem_cleanup) = text_param(params, 2);
	int cause = cause_of("held"), limit = (int)int_param(params, 1), n = 0;
	PGresult *result = table(2);
	for (int i = *after ? atoi(after) + 1 : 0; i < server.n && n < limit; i++) {
		if (!server.rows[i].waits || server.rows[i].cause != cause)
			continue;
		put_id(result, n, 0, i);
		put_int4(result, n++, 1, server.rows[i].tries);
	}
	return result;
}

static PGresult *choose_killing(struct conn *conn, const struct params *params)
{
	char *name CLEANUP(mem_cleanup) = text_param(params, 1);
	const struct cause *cause = &server.causes[cause_of(name)];
	PGresult *result = table(2);
	int proven = (int)int_param(params, 3), bucket = proven - 1, n = 0;
	while (bucket >= 0 && cause->lists[bucket].first < 0)
		bucket--;
	for (int i = proven; bucket < 0 && i < BUCKETS; i++)
		bucket = cause->lists[i].first < 0 ? bucket : i;
	if (bucket < 0)
		return result;
	int limit = (int)int_param(params, 2) >> bucket;
	for (int i = cause->lists[bucket].first; i >= 0 && n < (limit ? limit : 1);
		i = server.rows[i].after) {
		put_id(result, n, 0, i);
		put_int4(result, n++, 1, server.rows[i].tries);
		op_add(conn, (struct op){ .change = ROW_TRIED, .row = i });
	}
	return result;
}

static PGresult *retry_end(struct conn *conn, const struct params *params)
{
	char *name CLEANUP(mem_cleanup) = text_param(params, 1);
	char *after CLEANUP(mem_cleanup) = text_param(params, 4);
	op_add(conn, (struct op){ .change = CAUSE_END,
			     .cause = cause_of(name),
			     .tries = (int)int_param(params, 2),
			     .pause = int_param(params, 3),
			     .after = *after ? atoi(after) : -1 });
	return table(1);
}

static PGresult *waiting_add_rows(struct conn *conn, const struct params *params)
{
	struct array ids = array_param(params, 1), causes = array_param(params, 3);
	struct array whys = array_param(params, 4), pauses = array_param(params, 9);
	for (int i = 0; i < ids.n; i++) {
		char *cause CLEANUP(mem_cleanup) = array_text(&causes);
		char *why CLEANUP(mem_cleanup) = array_text(&whys);
		struct op op = { .change = ROW_WAITS,
			.row = array_id(&ids),
			.cause = cause_of(cause),
			.pause = array_int8(&pauses) };
		bool known = waiting_why_parse(why, &op.why);
		assert(known);
		op_add(conn, op);
	}
	conn->cost += ids.n * COST_ROW;
	return table(1);
}

static PGresult *waiting_end(struct conn *conn, const struct params *params)
{
	struct array ids = array_param(params, 1);
	for (int i = 0; i < ids.n; i++)
		op_add(conn, (struct op){ .change = ROW_FREE, .row = array_id(&ids) });
	return table(1);
}

/* ---- statements ---- */

static PGresult *tx_settings(struct conn *conn, const struct params *params)
{
	char *lock CLEANUP(mem_cleanup) = text_param(params, 1);
	conn->lock_timeout = atoi(lock) * MS;
	PGresult *result = table(3);
	put_instant(result, 0, 0, server.now);
	put_int8(result, 0, 1, server.settings_version);
	put_instant(result, 0, 2, -DATABASE);
	return result;
}

static PGresult *tx_level(void)
{
	PGresult *result = table(4);
	put_int4(result, 0, 0, 0);
	put_int8(result, 0, 1, server.settings_version);
	put_instant(result, 0, 2, LIVE_SINCE - DATABASE);
	put_instant(result, 0, 3, -DATABASE);
	return result;
}

static PGresult *transaction(struct conn *conn, enum query_id query)
{
	if (query == QUERY_TX_COMMIT)
		commit(conn);
	else if (query == QUERY_TX_ROLLBACK || query == QUERY_TX_BEGIN)
		forget(conn);
	else if (query == QUERY_TX_SAVEPOINT)
		conn->savepoint = conn->ops_n;
	else if (query == QUERY_TX_BACK)
		conn->ops_n = conn->savepoint;
	else
		assert(query == QUERY_TX_RELEASE || query == QUERY_TX_IMMEDIATE);
	return table(1);
}

static PGresult *execute(struct conn *conn, enum query_id query, const struct params *params)
{
	switch (query) {
	case QUERY_TX_SETTINGS:
		return tx_settings(conn, params);
	case QUERY_TX_LEVEL:
		return tx_level();
	case QUERY_REMINDER_CLAIM:
		return reminder_claim(conn, params, false);
	case QUERY_REMINDER_CLAIM_WAITING:
		return reminder_claim_waiting(conn, params);
	case QUERY_REMINDER_WRITE:
		return reminder_write(conn, params);
	case QUERY_REMINDER_LEFT:
		return reminder_left(conn, params);
	case QUERY_RETRY_PICK:
		return retry_pick(conn);
	case QUERY_RETRY_CHOOSE:
		return choose_in_order(params);
	case QUERY_RETRY_CHOOSE_HELD:
		return choose_held(params);
	case QUERY_RETRY_CHOOSE_KILLING:
		return choose_killing(conn, params);
	case QUERY_RETRY_END:
		return retry_end(conn, params);
	case QUERY_WAITING_ADD:
		return waiting_add_rows(conn, params);
	case QUERY_WAITING_DONE:
		return waiting_end(conn, params);
	default:
		return transaction(conn, query);
	}
}

/* ---- conn.h ---- */

void conn_add(struct conn *conn, enum query_id query, const struct params *params)
{
	assert(conn->n < FLIGHT_STATEMENTS_MAX && !conn->fn);
	if (conn->reply.status == REPLY_OK)
		conn->results[conn->n++] = execute(conn, query, params);
}

void conn_add_other(struct conn *conn, enum query_id query, const struct params *params)
{
	assert(conn->n < FLIGHT_STATEMENTS_MAX && !conn->fn);
	if (query != QUERY_REMINDER_CLAIM)
		conn_add(conn, query, params);
	else if (conn->reply.status == REPLY_OK)
		conn->results[conn->n++] = reminder_claim(conn, params, true);
}

void conn_fly(struct conn *conn, reply_fn *fn, void *arg)
{
	conn->fn = fn;
	conn->arg = arg;
	conn->home_at = server.now + COST_FLIGHT + conn->cost;
}

PGresult *reply_take(const struct reply *reply, int statement)
{
	PGresult *result = reply->results[statement];
	reply->results[statement] = NULL;
	return result;
}

enum conn_state conn_state(const struct conn *conn)
{
	(void)conn;
	return CONN_READY;
}

unsigned conn_session(const struct conn *conn)
{
	return conn->session;
}

/* ---- dbsession.h ---- */

const struct conn_limits *dbsession_limits(const struct dbsession *session)
{
	static const struct conn_limits limits = { 30 * SEC, 330 * MS, "public" };
	(void)session;
	return &limits;
}

/* Errands are not for these jobs. */
struct conn *dbsession_ask(struct dbsession *session)
{
	(void)session;
	abort();
}

struct conn *dbsession_write(struct dbsession *session)
{
	return dbsession_ask(session);
}

void conn_add_limits(struct conn *conn, struct conn_limits limits)
{
	(void)conn;
	(void)limits;
	abort(); /* nobody is notified */
}

void conn_fly_within(struct conn *conn, usec_t deadline, reply_fn *fn, void *arg)
{
	(void)deadline;
	conn_fly(conn, fn, arg);
}

static void flight_clear(struct conn *conn)
{
	for (int i = 0; i < conn->n; i++)
		PQclear(conn->results[i]);
	conn->n = 0;
	conn->cost = 0;
	conn->fn = NULL;
	conn->reply = (struct reply){ .status = REPLY_OK };
}

/* The answer comes. */
static void conn_land(struct conn *conn)
{
	struct conn flight = *conn;
	conn->n = 0;
	flight_clear(conn);
	flight.reply.results = flight.results;
	flight.reply.n = flight.n;
	conn->session += flight.reply.status == REPLY_LOST;
	flight.fn(flight.arg, &flight.reply);
	flight_clear(&flight);
}
