/* Listeners, and what stands before a handler; see the header. */
#include "web/server.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "http/listener.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"
#include "web/request_private.h"
#include "web/tally.h"

#define IDLE_S        30
#define HEAD_MAX      32768 /* of which its cookies, read twice, take a part */
#define DRAIN_S       4.
#define BEAT_S        15.
#define FILES_MAX     (LISTENERS_MAX * SERVER_CONNECTIONS + FILES_OWN)
#define FILES_OWN     64
#define FIRST_FD      3
#define LISTENERS_MAX 8

/* ---- before the handler ---- */

/* "localhost:8080" -> localhost; "[::1]:8080" -> [::1]. */
static bool host_is(const char *host, const char *name, size_t len)
{
	if (strncasecmp(host, name, len) != 0)
		return false;
	host += len;
	host += *host == ':' ? 1 + strspn(host + 1, "0123456789") : 0;
	return host[strspn(host, " \t")] == '\0';
}

/* A page of anybody's can send a browser here under a name of its own, and then read what is shown. */
static bool is_host_known(const struct request *request)
{
	static const char *const local[] = { "localhost", "127.0.0.1", "[::1]", "ip6-localhost" };
	const char *host = request_host(request);
	const struct web_conf *conf = request->server->web->conf;
	if (!host)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(local); i++) {
		if (host_is(host, local[i], strlen(local[i])))
			return true;
	}
	size_t len;
	const char *at = conf->hosts;
	for (const char *item; (item = list_item(&at, &len));) {
		if (host_is(host, item, len))
			return true;
	}
	/* An address that it listens at cannot be another's name. */
	at = conf->listen;
	for (const char *item; (item = list_item(&at, &len));) {
		if (strlen(host) == len && strncmp(host, item, len) == 0)
			return true;
	}
	return false;
}

static void add_cors(struct request *request)
{
	const char *origin = request_header(request, MHD_HTTP_HEADER_ORIGIN);
	if (!request->match.cors)
		return;
	request_header_add(request, "Vary", "Origin");
	if (!origin || !list_has(request->server->web->conf->cors_origins, origin))
		return;
	request_header_add(request, "Access-Control-Allow-Origin", origin);
	request_header_add(request, "Access-Control-Allow-Credentials", "true");
	request_header_add(
		request, "Access-Control-Expose-Headers", "ETag, Link, Location, Retry-After");
	if (strcmp(request->method, "OPTIONS") != 0)
		return;
	request_header_add(request, "Access-Control-Allow-Methods", request->match.allow);
	request_header_add(request, "Access-Control-Allow-Headers",
		"Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match");
	request_header_add(request, "Access-Control-Max-Age", "600");
}

static bool has_type(const struct request *request, const char *type)
{
	const char *given = request_header(request, MHD_HTTP_HEADER_CONTENT_TYPE);
	size_t len = strlen(type);
	return given && strncasecmp(given, type, len) == 0 &&
	       (given[len] == '\0' || given[len] == ';' || given[len] == ' ');
}

static bool check_coding(struct request *request)
{
	const char *coding = request_header(request, MHD_HTTP_HEADER_CONTENT_ENCODING);
	if (!coding || request->body.len == 0 || strcasecmp(coding, "identity") == 0)
		return true;
	request_header_add(request, "Accept-Encoding", "identity");
	request_problem(
		request, 415, "expected a body that is not compressed: no Content-Encoding", NULL);
	return false;
}

static bool check_type(struct request *request)
{
	unsigned flags = request->match.route->flags;
	if (request->body.len == 0 ||
		((flags & ROUTE_JSON) && has_type(request, "application/json")) ||
		((flags & ROUTE_JSON) && has_type(request, "application/merge-patch+json")) ||
		((flags & ROUTE_FORM) && has_type(request, "application/x-www-form-urlencoded")) ||
		!(flags & (ROUTE_JSON | ROUTE_FORM)))
		return true;
	request_problem(request, 415,
		flags & ROUTE_JSON
			? "expected a body in JSON: Content-Type: application/json"
			: "expected a form: Content-Type: application/x-www-form-urlencoded",
		NULL);
	return false;
}

/* What is not JSON has its own ways to say what it is. */
static bool check_accept(struct request *request)
{
	static const char *const good[] = { "application/json", "application/problem+json",
		"text/html" };
	bool is_api = strncmp(request->match.route->path, "/api/", strlen("/api/")) == 0;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		if (!is_api || request_wants(request, good[i]) > 0)
			return true;
	}
	request_problem(request, 406, "it is JSON: Accept: application/json", NULL);
	return false;
}

static void refuse_nobody(struct request *request, const char *refused)
{
	tally_refusal(request->server->web->tally, refused ? REFUSAL_INVALID : REFUSAL_MISSING);
	struct strbuf challenge CLEANUP(strbuf_free) = STRBUF(256);
	strbuf_addf(&challenge, refused ? "Bearer error=\"%s\"" : "Bearer", refused);
	request_header_add(request, "WWW-Authenticate", challenge.data);
	if (request->server->web->conf->operators_file && request_wants_html(request))
		request_header_add(request, "WWW-Authenticate", "Basic realm=\"recurd\"");
	request_problem(request, 401,
		refused ? "what says who asks is not valid, or not any more: sign in again"
			: "say who asks: Authorization: Bearer, with a token",
		NULL);
}

static bool may(struct request *request)
{
	const struct route *route = request->match.route;
	enum identity_kind kind = request->identity.kind;
	bool nobody = kind == IDENTITY_NOBODY;
	bool open = route->wants == WANTS_VISITOR || route->wants == WANTS_ANYONE;
	if (open && nobody && request_from_loopback(request))
		return true;
	if (nobody && route->wants != WANTS_NOBODY) {
		refuse_nobody(request, NULL);
		return false;
	}
	if (route->wants == WANTS_USER && !request->identity.user) {
		request_problem(request, 403,
			"this is for users, and whoever asks is an operator who is none", NULL);
		return false;
	}
	if ((route->wants == WANTS_OPERATOR || route->wants == WANTS_VISITOR) &&
		kind != IDENTITY_OPERATOR) {
		request_problem(request, 403, "this is for operators", NULL);
		return false;
	}
	return true;
}

static void hand_over(struct request *request)
{
	request->dispatched = request->owed = true;
	request->match.route->handler(request->server->web, request);
}

static void on_identity(void *arg, const struct identity *identity, const char *refused)
{
	struct request *request = arg;
	/* What follows answers, or the handler does. */
	if (refused == auth_unavailable) {
		tally_refusal(request->server->web->tally, REFUSAL_UNKNOWN);
		request_unavailable(request, 2,
			"the database does not say who asks; the same may work in a moment");
		return;
	}
	if (refused == auth_too_many) {
		tally_refusal(request->server->web->tally, REFUSAL_THROTTLED);
		request_header_add(request, "Retry-After", "5");
		request_problem(request, 429, "too many passwords were wrong; wait a moment", NULL);
		return;
	}
	if (refused) {
		refuse_nobody(request, refused);
		return;
	}
	request->user = mem_strdup(identity->user);
	request->name = mem_strdup(identity->name);
	request->identity = (struct identity){ identity->kind, request->user, request->name };
	if (may(request))
		hand_over(request);
}

static void dispatch_found(struct request *request)
{
	const struct route *route = request->match.route;
	if (request->too_large)
		request_problem(request, 413, "a body has at most 64 kB", NULL);
	else if (request->malformed)
		request_problem(request, 400,
			"the query has an escape that is none, is no UTF-8, or has more than 32 "
			"values",
			NULL);
	else if (!check_coding(request) || !check_type(request) || !check_accept(request))
		return;
	else if (route->wants == WANTS_NOBODY)
		hand_over(request);
	else {
		request->dispatched = request->owed = true;
		auth_find(request->server->web->auth, request, on_identity, request);
	}
}

static void dispatch(struct request *request)
{
	const char *unclear = request_unclear(request);
	if (unclear) {
		request_header_add(request, "Connection", "close");
		request_problem(request, 400, unclear, NULL);
		return;
	}
	if (!is_host_known(request)) {
		request_problem(request, 421,
			"recurd-http is not called by this name: hosts of recurd-http.conf lists "
			"those that it is",
			NULL);
		return;
	}
	route_find(request->method, request->path, &request->match);
	add_cors(request);
	if (!request->match.found) {
		request_problem(request, 404, "there is nothing at this address", NULL);
	} else if (strcmp(request->method, "OPTIONS") == 0) {
		request_header_add(request, "Allow", request->match.allow);
		request_answer(request, 204, NULL, NULL);
	} else if (!request->match.route) {
		request_header_add(request, "Allow", request->match.allow);
		request_problem(request, 405, "that cannot be done here, see Allow", NULL);
	} else {
		dispatch_found(request);
	}
}

/* ---- libmicrohttpd's callbacks ---- */

static void take_body(struct request *request, const char *body, size_t *size)
{
	strbuf_add(&request->body, body, *size);
	if (request->body.overflowed)
		request->too_large = true;
	*size = 0;
}

static bool is_announced_too_large(const struct request *request)
{
	const char *length = request_header(request, MHD_HTTP_HEADER_CONTENT_LENGTH);
	return length && strtoull(length, NULL, 10) > REQUEST_BODY_MAX;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *body, size_t *body_size, void **state)
{
	struct server *server = arg;
	struct request *request = *state;
	(void)version;
	if (!request) { /* the headers alone */
		*state = request = request_create(server, connection, url, method);
		request->too_large = is_announced_too_large(request);
		if (!request->too_large && !request_unclear(request))
			return MHD_YES;
		dispatch(request);
		return request->response ? request_queue(request) : MHD_NO;
	}
	if (*body_size > 0) {
		take_body(request, body, body_size);
		return MHD_YES;
	}
	if (!request->dispatched && !request->response) {
		ev_timer_start(server->web->loop, &request->patience);
		dispatch(request);
	}
	if (request->response)
		return request_queue(request);
	request->suspended = true;
	MHD_suspend_connection(connection);
	return MHD_YES;
}

static void on_completed(void *arg, struct MHD_Connection *connection, void **state,
	enum MHD_RequestTerminationCode how)
{
	(void)arg;
	(void)connection;
	(void)how;
	if (*state)
		request_complete(*state);
	*state = NULL;
}

/* ---- life ---- */

static bool check_address(const struct web_conf *conf, const char *text, struct err *err)
{
	struct address address;
	if (!address_parse(text, &address, err))
		return err_prefix(err, "listen: ");
	return address_is_loopback(&address) || conf->exposed ||
	       err_set(err,
		       "listen: %s can be reached from other machines, and nothing that is said "
		       "there "
		       "is encrypted: where that is meant, set exposed = on too",
		       text);
}

bool server_check(const struct web_conf *conf, struct err *err)
{
	const char *at = conf->listen;
	size_t len, n = 0;
	for (const char *item; (item = list_item(&at, &len)); n++) {
		char *text CLEANUP(mem_cleanup) = mem_strndup(item, len);
		if (n == LISTENERS_MAX)
			return err_set(err, "listen: expected at most %d addresses", LISTENERS_MAX);
		if (!check_address(conf, text, err))
			return false;
	}
	return true;
}

void server_resume(struct server *server, struct MHD_Connection *connection)
{
	MHD_resume_connection(connection);
	for (size_t i = 0; i < server->listeners_n; i++)
		listener_kick(server->listeners[i]);
}

static const struct listener_options base_options = {
	.flags = MHD_ALLOW_SUSPEND_RESUME,
	.connections = SERVER_CONNECTIONS,
	.idle_s = IDLE_S,
	.request_max = HEAD_MAX,
	.on_request = on_request,
	.on_completed = on_completed,
};

/* sd_listen_fds(3). */
static size_t given_fds(void)
{
	const char *pid = getenv("LISTEN_PID"), *n = getenv("LISTEN_FDS");
	if (!pid || !n || strtol(pid, NULL, 10) != getpid())
		return 0;
	long fds = strtol(n, NULL, 10);
	return fds < 0 ? 0 : fds > LISTENERS_MAX ? LISTENERS_MAX : (size_t)fds;
}

/* As many as there are descriptors for, less those that it needs itself: without one it could not connect to the
 * database again. */
static unsigned connections_each(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return SERVER_CONNECTIONS;
	limit.rlim_cur = limit.rlim_max < FILES_MAX ? limit.rlim_max : FILES_MAX;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	(void)getrlimit(RLIMIT_NOFILE, &limit);
	rlim_t each = limit.rlim_cur > FILES_OWN ? (limit.rlim_cur - FILES_OWN) / LISTENERS_MAX : 0;
	return each < 8 ? 8 : each > SERVER_CONNECTIONS ? SERVER_CONNECTIONS : (unsigned)each;
}

static void listen_everywhere(struct server *server)
{
	struct listener_options options = base_options;
	options.connections = connections_each();
	options.per_address = options.connections / 2;
	struct ev_loop *loop = server->web->loop;
	const char *at = server->web->conf->listen;
	size_t len, given = given_fds();
	options.arg = server;
	for (size_t i = 0; i < given; i++)
		server->listeners[server->listeners_n++] = listener_adopt(
			loop, FIRST_FD + (int)i, "a socket of systemd's", &options);
	for (const char *item; given == 0 && (item = list_item(&at, &len));) {
		char *text CLEANUP(mem_cleanup) = mem_strndup(item, len);
		struct address address;
		if (address_parse(text, &address, NULL))
			server->listeners[server->listeners_n++] = listener_create(
				loop, &address, text, &options);
	}
}

static void on_beat(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	stream_beat_all(timer->data);
}

static void on_drain(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	struct server *server = timer->data;
	(void)events;
	bool late = clock_monotonic() >= server->stop_at;
	if (server->requests && !late)
		return;
	ev_timer_stop(loop, &server->drain);
	server->stopped(server->stopped_arg);
}

bool server_create(struct web *web, struct server **ret_server, struct err *err)
{
	struct server *server = mem_alloc(sizeof(*server));
	server->web = web;
	ev_timer_init(&server->drain, on_drain, 0.01, 0.01);
	ev_timer_init(&server->beat, on_beat, BEAT_S, BEAT_S);
	server->drain.data = server->beat.data = server;
	listen_everywhere(server);
	if (server->listeners_n == 0) {
		free(server);
		return err_set(err,
			"there is nowhere to listen: set listen in recurd-http.conf, or start it "
			"by recurd-http.socket");
	}
	ev_timer_start(web->loop, &server->beat);
	ev_unref(web->loop);
	*ret_server = server;
	return true;
}

void server_stop(struct server *server, void (*done)(void *arg), void *arg)
{
	server->stopping = true;
	server->stopped = done;
	server->stopped_arg = arg;
	server->stop_at = clock_monotonic() + (usec_t)(DRAIN_S * 1e6);
	for (size_t i = 0; i < server->listeners_n; i++)
		listener_quiesce(server->listeners[i]);
	stream_end_all(server);
	ev_timer_start(server->web->loop, &server->drain);
}

size_t server_streams(const struct server *server)
{
	return server->streams;
}

void server_destroy(struct server *server)
{
	if (!server)
		return;
	ev_timer_stop(server->web->loop, &server->drain);
	ev_ref(server->web->loop);
	ev_timer_stop(server->web->loop, &server->beat);
	/* None may be suspended when its daemon stops. */
	for (struct request *request = server->requests; request; request = request->next)
		request_overtake(request, "recurd-http is stopping");
	stream_end_all(server);
	for (size_t i = 0; i < server->listeners_n; i++)
		listener_destroy(server->listeners[i]);
	free(server);
}
