/* conn_private: what conn.c and flight.c share; nobody else includes it. */
#pragma once

#include "db/conn.h"
#include "db/conninfo.h"
#include "db/refusal.h"
#include "db/resolve.h"
#include "util/backoff.h"

struct flight_callback {
	reply_fn *fn;
	void *arg;
};

/* What the server answers with one result: a statement, or that it is prepared now. */
struct step {
	enum query_id query;
	bool other, prepares;
};

struct flight {
	struct step steps[2 * FLIGHT_STATEMENTS_MAX];
	PGresult *results[FLIGHT_STATEMENTS_MAX]; /* of the statements */
	int n; /* statements added */
	int steps_n;
	int received; /* steps whose results came, the failed one included */
	int received_n; /* the statements among them */
	int failed; /* index of the step that failed; -1: none */
	bool send_failed;
	bool closes; /* ends with a COMMIT of its own and a second Sync */
	int syncs; /* to come */
	char sqlstate[6];
	char message[512];
	char object[REFUSAL_OBJECT_MAX];
	bool outdated;
	usec_t deadline; /* for its answer, from when it was sent */
	usec_t sent_at;
	struct flight_callback callback;
};

/* One form of one statement in this session. */
struct statement {
	unsigned char uses; /* up to PREPARE_USES */
	bool prepared; /* or about to be, in the flight under way */
};

struct conn {
	struct ev_loop *loop;
	char *name;
	char *label; /* of the endpoint under way */
	enum conn_state state;
	struct conninfo *info;
	size_t endpoint; /* index in info */
	size_t tried; /* endpoints in this round */
	size_t begin_at; /* the endpoint of the next round that is tried first */
	char *addresses[RESOLVE_ADDRESSES_MAX];
	size_t addresses_len, address;
	struct resolve *resolve; /* NULL: none under way */
	PGconn *pq; /* NULL: no link */
	unsigned session; /* number of sessions so far */
	struct ev_io io;
	struct ev_timer timer; /* host, query or pause, whichever the state is about */
	struct backoff backoff;
	int rounds; /* over all hosts since a session proved useful */
	usec_t told_at; /* when the last one was told that was */
	bool quiet; /* this one is told at debug level only */
	usec_t connect_timeout, query_timeout;
	struct conn_callbacks callbacks;
	struct flight flight;
	bool direct; /* this session is the server's own: what is prepared stays, and works */
	bool forgetful; /* it was not, after all: never again */
	struct statement statements[QUERY_COUNT][2]; /* plain, other */
};

/* conn.c */
void conn_enter(struct conn *conn, enum conn_state state);
void conn_watch(struct conn *conn, int events);
void conn_arm_query_timer(struct conn *conn, usec_t deadline);
void conn_disarm_timer(struct conn *conn);
void conn_lost(struct conn *conn, const char *sqlstate, const char *why);

/* flight.c */
void flight_progress(struct conn *conn, int events);
void flight_clear(struct conn *conn);
const char *flight_blame(const struct conn *conn);
struct flight_callback flight_take_callback(struct conn *conn);
