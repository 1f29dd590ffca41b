/* conn: one asynchronous connection to PostgreSQL on the libev loop, kept up for ever.
 *
 *   off -> resolving -> connecting -> ready <-> busy
 *              ^            |           |        |
 *              +--- waiting (jittered backoff) <-+     every failure leads to waiting
 *
 * All hosts of the conninfo are tried in turn, each with a timer of its own, read-write servers only
 * unless the conninfo says otherwise.  When none serves, the next round comes after a jittered pause.
 * It begins with the first host; after one that fell silent, with the host behind that.
 *
 * Work goes out in flights: statements that are sent together in one pipeline and closed by one Sync.
 * The Sync is what makes the server idle (in transaction) while we think, so that its timeouts watch
 * over a client that stops there; a mere flush would leave it "active" for ever.  Nothing depends on
 * session state: flights are parameterised and schema-qualified, and unnamed as long as nobody has called
 * conn_direct, so that they work through a pooler in transaction mode.
 *
 * A flight's callback comes exactly once, never before conn_fly returns, and may destroy anything,
 * this connection included.  When the link breaks, or no answer comes within query_timeout, it is
 * REPLY_LOST: "may or may not have happened".
 */
#pragma once

#include <ev.h>
#include <libpq-fe.h>
#include <stdbool.h>

#include "db/params.h"
#include "db/query.h"
#include "util/macros.h"

#define FLIGHT_STATEMENTS_MAX 10

enum conn_state {
	CONN_OFF,
	CONN_RESOLVING,
	CONN_CONNECTING,
	CONN_READY,
	CONN_BUSY,
	CONN_WAITING,
};

struct conn;

enum reply_status {
	REPLY_OK,
	REPLY_FAILED, /* the server refused a statement; the session lives */
	REPLY_LOST, /* the session is gone */
};

struct reply {
	enum reply_status status;
	PGresult *
		*results; /* one a statement, in order; owned by the connection and valid until the
			       callback returns, unless taken with reply_take; only for REPLY_OK */
	int n;
	/* Of a failure.  message is one line. */
	const char *statement; /* name of the statement to blame; NULL: none */
	char sqlstate[6]; /* "" when the link broke */
	const char *message;
	const char *object; /* refusal.h; "": the server names none */
	bool outdated; /* what was prepared returns other types now, in this session for ever: DDL */
};

/* Hands a result to the caller, who PQclears it. */
PGresult *reply_take(const struct reply *reply, int statement);

typedef void reply_fn(void *arg, const struct reply *reply);

struct conn_callbacks {
	void *arg;
	void (*ready)(void *arg); /* connected: flights may start */
	/* May be NULL. */
	void (*lost)(void *arg); /* was ready, and no flight was under way that would tell */
	/* No host could be reached; the next round follows by itself.  May be NULL, must not destroy. */
	void (*failed)(void *arg, const char *why);
	/* May be NULL, must not destroy. */
	void (*notified)(void *arg, const char *channel, const char *payload);
};

struct conn_options {
	const char *name; /* for log lines: "main", "listen" */
	const char *conninfo; /* NULL: libpq's environment */
	const char *password; /* where conninfo has none; NULL: none */
	usec_t connect_timeout; /* each host, its resolution included */
	usec_t query_timeout; /* each flight */
	usec_t reconnect_limit; /* longest pause between rounds */
};

/* Options are copied.  false: the conninfo is malformed. */
bool conn_create(struct ev_loop *loop, const struct conn_options *options,
	const struct conn_callbacks *callbacks, struct conn **ret_conn, struct err *err) NODISCARD;
void conn_destroy(struct conn *conn); /* no callback comes any more; accepts NULL */

void conn_open(struct conn *conn); /* from off: start connecting */
void conn_close(
	struct conn *conn); /* to off, without callbacks; the flight under way is forgotten */
/* Gives the session up and reconnects after a pause; for owners that find it unfit (a standby, a
 * missing schema).  No callback but a later ready. */
void conn_retry(struct conn *conn, const char *why);

/* The session proved useful: the next failure starts again with the shortest pause. */
void conn_proved(struct conn *conn);

/* backend_pid: pg_backend_pid(), as this session says it.  Where it is the number that the connection was
 * told at its start, no pooler stands between us (they make numbers up), and statements that come
 * again are prepared; where they turn out not to last, never again on this connection, and where a
 * column's new type made them useless, not again in this session. */
void conn_direct(struct conn *conn, int32_t backend_pid);

enum conn_state conn_state(const struct conn *conn);
const char *conn_state_name(enum conn_state state);
const char *conn_endpoint(const struct conn *conn); /* "db1:5432": for log lines */
/* Counts the sessions of this connection: another number is another session. */
unsigned conn_session(const struct conn *conn);

/* Build a flight while ready, then let it fly.  params may be NULL; they are copied. */
void conn_add(struct conn *conn, enum query_id query, const struct params *params);
void conn_add_other(
	struct conn *conn, enum query_id query, const struct params *params); /* query.h */
/* First in a flight that is no batch: limits on the server's side for its implicit transaction, local,
 * so that a backend that waits for a lock does not outlive our patience.  Its result comes first. */
struct conn_limits {
	usec_t statement_timeout, lock_timeout;
	const char *search_path; /* quoted: what triggers of the application expect */
};
void conn_add_limits(struct conn *conn, struct conn_limits limits);
/* The same for a flight that writes.  It is one explicit transaction, which conn_fly closes: read
 * committed and read write, whatever others who used the session before us made its defaults.  The
 * results of BEGIN and of the limits come first; COMMIT's is not among them. */
void conn_begin(struct conn *conn, struct conn_limits limits);
void conn_fly(struct conn *conn, reply_fn *fn, void *arg);
/* The same with a deadline of its own, where that is shorter than query_timeout. */
void conn_fly_within(struct conn *conn, usec_t deadline, reply_fn *fn, void *arg);
/* When the last flight was sent, on the monotonic clock (util/clock.h). */
usec_t conn_sent_at(const struct conn *conn);
