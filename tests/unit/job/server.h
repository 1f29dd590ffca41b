/* A simulated server under the real jobs "remind" and "retry remind": it takes the place of db/conn.h, and
 * its clock that of util/clock.h.
 *
 * It knows the statements of both by number, and holds reminders with a fate each, recurd.waiting and
 * recurd.causes.  A transaction's changes are a list that COMMIT carries out, ROLLBACK TO cuts, and a lost
 * session forgets.  Time passes by what statements cost.
 */
#pragma once

#include <assert.h>
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/conn.h"
#include "job/hunt.h"
#include "util/clock.h"
#include "util/mem.h"

#define MS          USEC_PER_MSEC
#define SEC         USEC_PER_SEC
#define EPOCH_PG    (INT64_C(946684800) * SEC)
#define DATABASE    (INT64_C(1700000000) * SEC) /* its clock, when ours was 0 */
#define LIVE_SINCE  (DATABASE - 100000 * SEC)
#define CAUSES_MAX  8
#define BUCKETS     16
#define LANES_MAX   4
#define COST_FLIGHT 300 /* there and back */
#define COST_ROW    20 /* written */
#define COST_PASSED 2 /* looked at and left out */
#define COST_LOST   (50 * MS)

enum fate { HEALTHY, REFUSED, HELD, FAILING, KILLING, FATES };

struct row {
	usec_t at; /* remind_at, on our clock */
	enum fate fate;
	bool locked; /* by an application: claims skip it */
	bool done, waits;
	bool swept; /* it waited once */
	struct conn *owner; /* whose transaction has locked it */
	usec_t served_at;
	int cause, tries, before, after; /* in recurd.waiting: its place in the list */
};

struct list {
	int first, last;
};

struct cause {
	char name[64];
	enum waiting_why why;
	bool exists;
	int tries;
	usec_t next_try_at;
	int after;
	size_t n;
	struct list lists[BUCKETS]; /* by tried_at; killing: by tries before that */
	struct conn *owner;
};

enum change { ROW_DONE, ROW_WAITS, ROW_FREE, ROW_TRIED, CAUSE_END };

struct op {
	enum change change;
	int row, cause, tries, after;
	enum waiting_why why;
	usec_t pause;
};

struct conn {
	struct op *ops;
	size_t ops_n, ops_size, savepoint;
	int *locked; /* rows */
	size_t locked_n, locked_size;
	usec_t lock_timeout;
	unsigned session;
	/* The flight. */
	PGresult *results[FLIGHT_STATEMENTS_MAX];
	int n;
	struct reply reply;
	usec_t cost, home_at;
	reply_fn *fn;
	void *arg;
};

static struct {
	usec_t now;
	struct row *rows; /* by remind_at; the id of a row is its number */
	int n;
	uint64_t *open; /* a bit each: pending, and waits for nothing */
	struct cause causes[CAUSES_MAX];
	int causes_n;
	struct conn conns[LANES_MAX];
	int serial;
	usec_t slow; /* what a row costs to write; 0: COST_ROW */
	size_t failed; /* writings in vain */
	size_t losses;
	int64_t settings_version;
} server;

usec_t clock_monotonic(void)
{
	return server.now;
}

/* ---- recurd.waiting and recurd.causes ---- */

static struct list *list_of(const struct row *row)
{
	struct cause *cause = &server.causes[row->cause];
	int bucket = cause->why == WAITING_KILLING ? row->tries : 0;
	return &cause->lists[bucket < BUCKETS ? bucket : BUCKETS - 1];
}

static void set_open(int i)
{
	const struct row *row = &server.rows[i];
	uint64_t bit = UINT64_C(1) << (i % 64);
	if (row->done || row->waits)
		server.open[i / 64] &= ~bit;
	else
		server.open[i / 64] |= bit;
}

static void list_remove(int i)
{
	struct row *row = &server.rows[i];
	struct list *list = list_of(row);
	*(row->before < 0 ? &list->first : &server.rows[row->before].after) = row->after;
	*(row->after < 0 ? &list->last : &server.rows[row->after].before) = row->before;
	server.causes[row->cause].n--;
}

static void list_append(int i)
{
	struct row *row = &server.rows[i];
	struct list *list = list_of(row);
	row->before = list->last;
	row->after = -1;
	*(list->last < 0 ? &list->first : &server.rows[list->last].after) = i;
	list->last = i;
	server.causes[row->cause].n++;
}

static int cause_of(const char *name)
{
	int i = 0;
	while (i < server.causes_n && strcmp(server.causes[i].name, name) != 0)
		i++;
	if (i == server.causes_n) {
		assert(i < CAUSES_MAX);
		struct cause *cause = &server.causes[server.causes_n++];
		*cause = (struct cause){ .after = -1 };
		snprintf(cause->name, sizeof(cause->name), "%s", name);
		for (size_t b = 0; b < BUCKETS; b++)
			cause->lists[b] = (struct list){ -1, -1 };
	}
	return i;
}

static void row_free(int i)
{
	if (server.rows[i].waits)
		list_remove(i);
	server.rows[i].waits = false;
}

/* waiting_add.sql. */
static void row_waits(const struct op *op)
{
	struct cause *cause = &server.causes[op->cause];
	if (!cause->exists) {
		cause->exists = true;
		cause->why = op->why;
		cause->tries = 1;
		cause->after = -1;
		cause->next_try_at = server.now + op->pause;
	}
	struct row *row = &server.rows[op->row];
	bool again = row->waits && row->cause == op->cause;
	row_free(op->row);
	row->tries = again ? row->tries + 1 : 1;
	row->cause = op->cause;
	row->waits = row->swept = true;
	list_append(op->row);
}

static void row_tried(int i)
{
	if (!server.rows[i].waits)
		return;
	list_remove(i);
	server.rows[i].tries++;
	list_append(i);
}

static void cause_end(const struct op *op)
{
	struct cause *cause = &server.causes[op->cause];
	cause->tries = op->tries;
	cause->after = op->after;
	cause->next_try_at = server.now + op->pause;
}

static void row_done(int i)
{
	struct row *row = &server.rows[i];
	assert(!row->done && row->fate == HEALTHY);
	row->done = true;
	row->served_at = server.now;
}

/* causes_tally.sql. */
static void server_tally(void)
{
	for (int i = 0; i < server.causes_n; i++)
		server.causes[i].exists = server.causes[i].n > 0;
}

/* ---- transactions ---- */

static void op_add(struct conn *conn, struct op op)
{
	if (conn->ops_n == conn->ops_size) {
		conn->ops_size = conn->ops_size ? conn->ops_size * 2 : 1024;
		conn->ops = mem_realloc_array(conn->ops, conn->ops_size, sizeof(op));
	}
	conn->ops[conn->ops_n++] = op;
}

static void lock_row(struct conn *conn, int i)
{
	if (conn->locked_n == conn->locked_size) {
		conn->locked_size = conn->locked_size ? conn->locked_size * 2 : 1024;
		conn->locked = mem_realloc_array(conn->locked, conn->locked_size, sizeof(i));
	}
	conn->locked[conn->locked_n++] = i;
	server.rows[i].owner = conn;
}

static void unlock(struct conn *conn)
{
	while (conn->locked_n > 0)
		server.rows[conn->locked[--conn->locked_n]].owner = NULL;
	for (int i = 0; i < server.causes_n; i++) {
		if (server.causes[i].owner == conn)
			server.causes[i].owner = NULL;
	}
}

static void forget(struct conn *conn)
{
	conn->ops_n = conn->savepoint = 0;
	unlock(conn);
}

static void carry_out(const struct op *op)
{
	switch (op->change) {
	case ROW_DONE:
		row_done(op->row);
		break;
	case ROW_WAITS:
		row_waits(op);
		break;
	case ROW_FREE:
		row_free(op->row);
		break;
	case ROW_TRIED:
		row_tried(op->row);
		break;
	case CAUSE_END:
		cause_end(op);
		return;
	}
	set_open(op->row);
}

static void commit(struct conn *conn)
{
	for (size_t i = 0; i < conn->ops_n; i++)
		carry_out(&conn->ops[i]);
	forget(conn);
}

static void refuse(struct conn *conn, const char *sqlstate, const char *object, usec_t cost)
{
	conn->cost += cost;
	conn->reply.status = *sqlstate ? REPLY_FAILED : REPLY_LOST;
	snprintf(conn->reply.sqlstate, sizeof(conn->reply.sqlstate), "%s", sqlstate);
	conn->reply.message = *sqlstate ? "refused" : "the link broke";
	conn->reply.object = object;
	if (*sqlstate)
		return;
	server.losses++;
	forget(conn);
}

static void meet(struct conn *conn, enum fate fate)
{
	switch (fate) {
	case REFUSED:
		refuse(conn, "23514", "constraint ck_tasks_x", MS);
		break;
	case HELD:
		refuse(conn, "55P03", "", conn->lock_timeout);
		break;
	case FAILING:
		refuse(conn, "XX000", "", MS);
		break;
	case KILLING:
		refuse(conn, "", "", COST_LOST);
		break;
	case HEALTHY:
	case FATES:
		break;
	}
}

/* false: one of them is bad. */
static bool write_rows(struct conn *conn, const int *rows, int n)
{
	for (int i = 0; i < n; i++) {
		conn->cost += server.slow ? server.slow : COST_ROW;
		enum fate fate = server.rows[rows[i]].fate;
		if (fate != HEALTHY) {
			server.failed++;
			meet(conn, fate);
			return false;
		}
		op_add(conn, (struct op){ .change = ROW_DONE, .row = rows[i] });
	}
	return true;
}

/* ---- results ---- */

static PGresult *table(int columns)
{
	static char name[] = "x";
	PGresAttDesc columns_of[8];
	memset(columns_of, 0, sizeof(columns_of));
	for (int i = 0; i < columns; i++) {
		columns_of[i].name = name;
		columns_of[i].format = 1;
	}
	PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
	PQsetResultAttrs(result, columns, columns_of);
	return result;
}

static void put_text(PGresult *result, int row, int column, const char *text)
{
	char *value CLEANUP(mem_cleanup) = mem_strdup(text);
	PQsetvalue(result, row, column, value, (int)strlen(value));
}

static void put_int4(PGresult *result, int row, int column, int value)
{
	uint32_t bytes = htobe32((uint32_t)value);
	PQsetvalue(result, row, column, (char *)&bytes, sizeof(bytes));
}

static void put_int8(PGresult *result, int row, int column, int64_t value)
{
	uint64_t bytes = htobe64((uint64_t)value);
	PQsetvalue(result, row, column, (char *)&bytes, sizeof(bytes));
}

static void put_bool(PGresult *result, int row, int column, bool value)
{
	char byte = value;
	PQsetvalue(result, row, column, &byte, 1);
}

static void put_instant(PGresult *result, int row, int column, usec_t at)
{
	put_int8(result, row, column, at + DATABASE - EPOCH_PG);
}

static void put_id(PGresult *result, int row, int column, int id)
{
	char text[16];
	snprintf(text, sizeof(text), "%08d", id);
	put_text(result, row, column, text);
}

/* ---- parameters ---- */

static char *text_param(const struct params *params, int i)
{
	return mem_strndup(params->data.data + params->offsets[i], (size_t)params->lengths[i]);
}

static int64_t int_param(const struct params *params, int i)
{
	const char *at = params->data.data + params->offsets[i];
	uint64_t value;
	memcpy(&value, at, sizeof(value));
	if (params->lengths[i] == 8)
		return (int64_t)be64toh(value);
	uint32_t small;
	memcpy(&small, at, sizeof(small));
	return (int32_t)be32toh(small);
}

/* On our clock. */
static usec_t instant_param(const struct params *params, int i)
{
	int64_t value = int_param(params, i);
	return value == INT64_MIN || value == INT64_MAX ? value : value + EPOCH_PG - DATABASE;
}

struct array {
	const char *at;
	int n;
};

static uint32_t take4(struct array *array)
{
	uint32_t value;
	memcpy(&value, array->at, sizeof(value));
	array->at += sizeof(value);
	return be32toh(value);
}

static struct array array_param(const struct params *params, int i)
{
	struct array array = { params->data.data + params->offsets[i], 0 };
	uint32_t dimensions = take4(&array);
	take4(&array);
	take4(&array);
	if (dimensions > 0) {
		array.n = (int)take4(&array);
		take4(&array);
	}
	return array;
}

/* The next element, as text. */
static char *array_text(struct array *array)
{
	size_t len = take4(array);
	const char *at = array->at;
	array->at += len;
	return mem_strndup(at, len);
}

static int array_id(struct array *array)
{
	char *text CLEANUP(mem_cleanup) = array_text(array);
	return atoi(text);
}

static int64_t array_int8(struct array *array)
{
	uint64_t value;
	assert(take4(array) == sizeof(value));
	memcpy(&value, array->at, sizeof(value));
	array->at += sizeof(value);
	return (int64_t)be64toh(value);
}
