/* The connection's state machine; see the header.  Flights are in flight.c.
 *
 * What cost others days (libpq): after PQconnectStart CONNECTION_BAD comes with descriptor -1; the
 * socket may change between PQconnectPoll calls, so the watcher is set anew each time; an aborted
 * pipeline may sit in libpq's buffer without the socket turning readable, so input is drained until
 * PQisBusy before each wait.
 */
#include "db/conn.h"

#include <stdlib.h>
#include <string.h>

#include "db/conn_private.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"

#define RECONNECT_FIRST_S 0.05
#define ROUNDS_TOLD       10 /* one by one, then one a minute: an outage may last for hours */
#define ROUND_TOLD_EVERY  (60 * USEC_PER_SEC)

static const char *const state_names[] = { "off", "resolving", "connecting", "ready", "busy",
	"waiting" };

static void try_endpoint(struct conn *conn);
static void next_address(struct conn *conn);

const char *conn_state_name(enum conn_state state)
{
	return state_names[state];
}

enum conn_state conn_state(const struct conn *conn)
{
	return conn->state;
}

const char *conn_endpoint(const struct conn *conn)
{
	return conn->label;
}

unsigned conn_session(const struct conn *conn)
{
	return conn->session;
}

/* The one place where the state changes. */
void conn_enter(struct conn *conn, enum conn_state state)
{
	if (state == conn->state)
		return;
	bool flight = (state == CONN_BUSY && conn->state == CONN_READY) ||
		      (state == CONN_READY && conn->state == CONN_BUSY);
	if (flight) { /* every statement: too much even for debugging */
		conn->state = state;
		return;
	}
	struct log_line line;
	log_begin(&line, LOG_DEBUG, "conn_state");
	log_text(&line, "conn", conn->name);
	log_text(&line, "from", state_names[conn->state]);
	log_text(&line, "to", state_names[state]);
	log_text(&line, "host", conn->label);
	log_end(&line);
	conn->state = state;
}

static void arm_timer(struct conn *conn, double seconds)
{
	ev_timer_stop(conn->loop, &conn->timer);
	ev_timer_set(&conn->timer, seconds, 0.);
	ev_now_update(conn->loop);
	ev_timer_start(conn->loop, &conn->timer);
}

void conn_arm_query_timer(struct conn *conn, usec_t deadline)
{
	arm_timer(conn, (double)deadline / 1e6);
}

void conn_disarm_timer(struct conn *conn)
{
	ev_timer_stop(conn->loop, &conn->timer);
}

void conn_watch(struct conn *conn, int events)
{
	int fd = PQsocket(conn->pq);
	/* While connecting, libpq may have closed the socket and opened another with the same number. */
	bool same = conn->state != CONN_CONNECTING && ev_is_active(&conn->io) &&
		    conn->io.fd == fd && (conn->io.events & (EV_READ | EV_WRITE)) == events;
	if (same)
		return;
	ev_io_stop(conn->loop, &conn->io);
	if (fd < 0) {
		/* libpq gave the socket up while it was sending: the next turn finds out why. */
		ev_feed_event(conn->loop, &conn->io, EV_READ);
		return;
	}
	ev_io_set(&conn->io, fd, events);
	ev_io_start(conn->loop, &conn->io);
}

static void drop_link(struct conn *conn)
{
	resolve_cancel(conn->resolve);
	conn->resolve = NULL;
	ev_io_stop(conn->loop, &conn->io);
	ev_timer_stop(conn->loop, &conn->timer);
	if (conn->pq)
		PQfinish(conn->pq);
	conn->pq = NULL;
	flight_clear(conn);
}

static void begin_round(struct conn *conn)
{
	usec_t now = clock_monotonic();
	conn->quiet = conn->rounds++ >= ROUNDS_TOLD && now - conn->told_at < ROUND_TOLD_EVERY;
	if (!conn->quiet)
		conn->told_at = now;
	try_endpoint(conn);
}

/* A round over all hosts has failed, or a session broke: wait, then start with the first host, unless
 * it is the one that was silent. */
static void wait_for_round(struct conn *conn, int priority, const char *what, const char *why)
{
	double pause = backoff_fail(&conn->backoff);
	struct log_line line;
	log_begin(&line, priority, what);
	log_text(&line, "conn", conn->name);
	log_text(&line, "host", conn->label);
	log_fmt(&line, "retry_ms", "%.0f", pause * 1e3);
	log_text(&line, "reason", why);
	log_end(&line);
	drop_link(conn);
	conn->endpoint = conn->begin_at;
	conn->begin_at = conn->tried = 0;
	conn_enter(conn, CONN_WAITING);
	arm_timer(conn, pause);
}

static void first_line(char *text, size_t size, const char *message)
{
	size_t len = strcspn(message, "\n");
	if (len >= size)
		len = size - 1;
	memcpy(text, message, len);
	text[len] = '\0';
}

/* This address did not serve: the host's next one, the next host, or the next round. */
static void endpoint_failed(struct conn *conn, const char *why)
{
	char reason[512];
	first_line(reason, sizeof(reason), why);
	struct err last;
	err_set(&last, "%s", reason);
	resolve_cancel(conn->resolve);
	conn->resolve = NULL;
	ev_io_stop(conn->loop, &conn->io);
	if (conn->pq)
		PQfinish(conn->pq);
	conn->pq = NULL;
	if (++conn->address < conn->addresses_len) {
		next_address(conn);
		return;
	}
	conn->endpoint = (conn->endpoint + 1) % conn->info->endpoints_len;
	if (++conn->tried < conn->info->endpoints_len) {
		log_msg(conn->quiet ? LOG_DEBUG : LOG_NOTICE, "connect_failed",
			"%s: %s; trying the next host", conn->label, last.text);
		try_endpoint(conn);
		return;
	}
	wait_for_round(conn, conn->quiet ? LOG_DEBUG : LOG_WARNING, "connect_failed", last.text);
	if (conn->callbacks.failed)
		conn->callbacks.failed(conn->callbacks.arg, last.text);
}

static void on_notice(void *arg, const char *message)
{
	struct conn *conn = arg;
	char text[512];
	first_line(text, sizeof(text), message);
	log_msg(LOG_DEBUG, "server_notice", "%s: %s", conn->name, text);
}

static void connected(struct conn *conn)
{
	if (PQsetnonblocking(conn->pq, 1) != 0 || PQenterPipelineMode(conn->pq) != 1) {
		endpoint_failed(conn, PQerrorMessage(conn->pq));
		return;
	}
	ev_timer_stop(conn->loop, &conn->timer);
	struct log_line line;
	log_begin(&line, conn->quiet ? LOG_DEBUG : LOG_INFO, "connected");
	log_text(&line, "conn", conn->name);
	log_text(&line, "host", conn->label);
	log_int(&line, "server_version", PQserverVersion(conn->pq));
	log_end(&line);
	conn->session++;
	conn->direct = false;
	memset(conn->statements, 0, sizeof(conn->statements));
	conn_enter(conn, CONN_READY);
	conn_watch(conn, EV_READ);
	conn->callbacks.ready(conn->callbacks.arg);
}

static void poll_connect(struct conn *conn)
{
	switch (PQconnectPoll(conn->pq)) {
	case PGRES_POLLING_READING:
		conn_watch(conn, EV_READ);
		break;
	case PGRES_POLLING_WRITING:
		conn_watch(conn, EV_WRITE);
		break;
	case PGRES_POLLING_OK:
		connected(conn);
		break;
	default:
		endpoint_failed(conn, PQerrorMessage(conn->pq));
	}
}

static void next_address(struct conn *conn)
{
	const char *keywords[CONNINFO_WORDS_MAX], *values[CONNINFO_WORDS_MAX];
	const struct endpoint *endpoint = &conn->info->endpoints[conn->endpoint];
	const char *address = conn->addresses_len ? conn->addresses[conn->address] : NULL;
	conninfo_params(conn->info, endpoint, address, keywords, values);
	conn_enter(conn, CONN_CONNECTING);
	arm_timer(conn, (double)conn->connect_timeout / 1e6);
	conn->pq = PQconnectStartParams(keywords, values, 0);
	if (!conn->pq)
		mem_abort("out of memory in PQconnectStartParams");
	if (PQstatus(conn->pq) == CONNECTION_BAD) {
		endpoint_failed(conn, PQerrorMessage(conn->pq));
		return;
	}
	PQsetNoticeProcessor(conn->pq, on_notice, conn);
	conn_watch(conn, EV_WRITE);
}

static void clear_addresses(struct conn *conn)
{
	for (size_t i = 0; i < conn->addresses_len; i++)
		free(conn->addresses[i]);
	conn->addresses_len = 0;
	conn->address = 0;
}

static void on_resolved(void *arg, const char *const *addresses, size_t n, const char *error)
{
	struct conn *conn = arg;
	conn->resolve = NULL;
	if (n == 0) {
		struct err why;
		err_set(&why, "cannot resolve the host name: %s", error);
		endpoint_failed(conn, why.text);
		return;
	}
	for (size_t i = 0; i < n; i++)
		conn->addresses[i] = mem_strdup(addresses[i]);
	conn->addresses_len = n;
	next_address(conn);
}

static void set_label(struct conn *conn, const struct endpoint *endpoint)
{
	const char *host = endpoint->host ? endpoint->host : endpoint->hostaddr;
	free(conn->label);
	conn->label = endpoint->port ? mem_printf("%s:%s", host ? host : "default", endpoint->port)
				     : mem_strdup(host ? host : "default");
}

static void try_endpoint(struct conn *conn)
{
	const struct endpoint *endpoint = &conn->info->endpoints[conn->endpoint];
	clear_addresses(conn);
	set_label(conn, endpoint);
	if (!endpoint->needs_dns) {
		next_address(conn);
		return;
	}
	conn_enter(conn, CONN_RESOLVING);
	arm_timer(conn, (double)conn->connect_timeout / 1e6);
	struct err err;
	if (!resolve_start(conn->loop, endpoint->host, on_resolved, conn, &conn->resolve, &err))
		endpoint_failed(conn, err.text);
}

/* A ready or busy session is gone.  The callback is the last thing: it may destroy us. */
void conn_lost(struct conn *conn, const char *sqlstate, const char *why)
{
	char reason[512], object[REFUSAL_OBJECT_MAX];
	first_line(reason, sizeof(reason), why);
	memcpy(object, conn->flight.object, sizeof(object));
	struct reply reply = {
		.status = REPLY_LOST, .statement = flight_blame(conn), .object = object
	};
	memcpy(reply.sqlstate, sqlstate, strnlen(sqlstate, 5));
	reply.message = reason;
	struct flight_callback callback = flight_take_callback(conn);
	wait_for_round(conn, LOG_WARNING, "connection_lost", reason);
	if (callback.fn)
		callback.fn(callback.arg, &reply);
	else if (conn->callbacks.lost)
		conn->callbacks.lost(conn->callbacks.arg);
}

/* A host that is silent now would be so for all of connect_timeout: another one has its turn first. */
static void unanswered(struct conn *conn)
{
	struct err why;
	conn->begin_at = (conn->endpoint + 1) % conn->info->endpoints_len;
	if (conn->flight.deadline < conn->query_timeout)
		err_set(&why, "no reply within %.1f s", (double)conn->flight.deadline / 1e6);
	else
		err_set(&why, "no reply within query_timeout");
	conn_lost(conn, "", why.text);
}

static void on_io(struct ev_loop *loop, struct ev_io *watcher, int events)
{
	(void)loop;
	struct conn *conn = watcher->data;
	if (conn->state == CONN_CONNECTING)
		poll_connect(conn);
	else
		flight_progress(conn, events);
}

static void on_timer(struct ev_loop *loop, struct ev_timer *watcher, int events)
{
	(void)loop;
	(void)events;
	struct conn *conn = watcher->data;
	switch (conn->state) {
	case CONN_RESOLVING:
		endpoint_failed(conn, "no answer from the name server in time");
		break;
	case CONN_CONNECTING:
		endpoint_failed(conn, "no connection in time");
		break;
	case CONN_WAITING:
		begin_round(conn);
		break;
	case CONN_BUSY:
		unanswered(conn);
		break;
	case CONN_OFF:
	case CONN_READY:
		break;
	}
}

bool conn_create(struct ev_loop *loop, const struct conn_options *options,
	const struct conn_callbacks *callbacks, struct conn **ret_conn, struct err *err)
{
	struct conninfo *info;
	if (!conninfo_parse(options->conninfo, options->password, &info, err))
		return false;
	struct conn *conn = mem_alloc(sizeof(*conn));
	conn->loop = loop;
	conn->name = mem_strdup(options->name);
	conn->label = mem_strdup("none");
	conn->info = info;
	conn->callbacks = *callbacks;
	conn->connect_timeout = options->connect_timeout;
	conn->query_timeout = options->query_timeout;
	backoff_init(&conn->backoff, RECONNECT_FIRST_S, (double)options->reconnect_limit / 1e6);
	ev_init(&conn->io, on_io);
	conn->io.data = conn;
	ev_init(&conn->timer, on_timer);
	conn->timer.data = conn;
	*ret_conn = conn;
	return true;
}

void conn_destroy(struct conn *conn)
{
	if (!conn)
		return;
	conn_close(conn);
	clear_addresses(conn);
	conninfo_free(conn->info);
	free(conn->name);
	free(conn->label);
	free(conn);
}

void conn_open(struct conn *conn)
{
	if (conn->state != CONN_OFF)
		return;
	/* From the loop: a host that refuses at once must not call back before we return. */
	conn->endpoint = conn->tried = 0;
	conn_enter(conn, CONN_WAITING);
	arm_timer(conn, 0.);
}

void conn_close(struct conn *conn)
{
	drop_link(conn);
	conn_enter(conn, CONN_OFF);
}

void conn_retry(struct conn *conn, const char *why)
{
	if (conn->state == CONN_READY || conn->state == CONN_BUSY)
		wait_for_round(conn, LOG_DEBUG, "connection_unfit", why);
}

void conn_proved(struct conn *conn)
{
	backoff_reset(&conn->backoff);
	conn->rounds = 0;
}
