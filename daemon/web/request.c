/* What a handler sees of a request, and its answer; see the header. */
#include "web/request.h"

#include <assert.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "http/listener.h"
#include "util/address.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"
#include "web/request_private.h"
#include "web/tally.h"

#define JSON_MAX (16 * 1024 * 1024)

/* ---- what was asked ---- */

const char *request_path(const struct request *request)
{
	return request->path;
}

const char *request_method(const struct request *request)
{
	return request->method;
}

/* libmicrohttpd leaves them escaped, as it was told to (http/listener.h). */
static enum MHD_Result keep_query(
	void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct request *request = arg;
	(void)kind;
	/* "a=1&": nothing is behind it. */
	if (*name == '\0' && (!value || *value == '\0'))
		return MHD_YES;
	/* One that is passed over in silence would be a filter that is not there. */
	if (request->queries_n == ARRAY_LEN(request->queries)) {
		request->malformed = true;
		return MHD_NO;
	}
	char *plain = route_decode_form(name, strlen(name));
	char *text = route_decode_form(value ? value : "", value ? strlen(value) : 0);
	if (!plain || !text) {
		request->malformed = true;
		free(plain);
		free(text);
		return MHD_YES;
	}
	request->queries[request->queries_n].name = plain;
	request->queries[request->queries_n++].value = text;
	return MHD_YES;
}

const char *request_query(const struct request *request, const char *name)
{
	for (size_t i = 0; i < request->queries_n; i++) {
		if (strcmp(request->queries[i].name, name) == 0)
			return request->queries[i].value;
	}
	return NULL;
}

void request_each_query(const struct request *request,
	bool (*fn)(void *arg, const char *name, const char *value), void *arg)
{
	for (size_t i = 0; i < request->queries_n; i++) {
		if (!fn(arg, request->queries[i].name, request->queries[i].value))
			return;
	}
}

const char *request_header(const struct request *request, const char *name)
{
	/* A handler may come to it late, when its connection is gone. */
	return request->completed
		       ? NULL
		       : MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

const char *request_host(const struct request *request)
{
	return request->authority ? request->authority
				  : request_header(request, MHD_HTTP_HEADER_HOST);
}

const char *request_arg(const struct request *request, size_t n)
{
	assert(n < ROUTE_ARGS_MAX);
	return request->match.args[n];
}

const struct route *request_route(const struct request *request)
{
	return request->match.route;
}

const struct identity *request_who(const struct request *request)
{
	return &request->identity;
}

const struct strbuf *request_body(const struct request *request)
{
	return &request->body;
}

static const struct sockaddr *client(const struct request *request)
{
	if (request->completed)
		return NULL;
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	return info ? info->client_addr : NULL;
}

/* Proxies say for whom they speak.  One that does not is as good as its user. */
static bool is_forwarded(const struct request *request)
{
	static const char *const names[] = { "Forwarded", "X-Forwarded-For", "X-Forwarded-Host",
		"X-Forwarded-Proto", "X-Real-IP", "Via" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (request_header(request, names[i]))
			return true;
	}
	return false;
}

bool request_on_unix_socket(const struct request *request)
{
	const struct sockaddr *address = client(request);
	return address && address->sa_family == AF_UNIX && !is_forwarded(request);
}

long request_peer_uid(const struct request *request)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);
	if (request->completed)
		return -1;
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		request->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	if (!info || getsockopt(info->connect_fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
		return -1;
	return (long)peer.uid;
}

bool request_from_loopback(const struct request *request)
{
	const struct sockaddr *any = client(request);
	struct address address = { .len = 0 };
	if (!any || any->sa_family == AF_UNIX || is_forwarded(request))
		return false;
	address.len = any->sa_family == AF_INET ? sizeof(struct sockaddr_in)
						: sizeof(struct sockaddr_in6);
	memcpy(&address.at, any, address.len);
	return address_is_loopback(&address);
}

/* ---- the answer ---- */

void request_header_add(struct request *request, const char *name, const char *value)
{
	for (const char *p = value; *p != '\0'; p++)
		assert((unsigned char)*p >= ' ' && *p != 127);
	if (request->headers_n == ARRAY_LEN(request->headers))
		mem_abort("too many headers of an answer");
	request->headers[request->headers_n].name = mem_strdup(name);
	request->headers[request->headers_n++].value = mem_strdup(value);
}

static const struct {
	const char *name, *value;
} always[] = {
	{ "Content-Security-Policy",
		"default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
		"connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'" },
	{ "X-Content-Type-Options", "nosniff" },
	{ "Referrer-Policy", "no-referrer" },
	{ "Cross-Origin-Opener-Policy", "same-origin" },
};

static void put_headers(struct request *request, struct MHD_Response *response)
{
	bool caching = false;
	for (size_t i = 0; i < request->headers_n; i++) {
		caching = caching || strcmp(request->headers[i].name, "Cache-Control") == 0;
		MHD_add_response_header(
			response, request->headers[i].name, request->headers[i].value);
	}
	for (size_t i = 0; i < ARRAY_LEN(always); i++)
		MHD_add_response_header(response, always[i].name, always[i].value);
	if (!caching)
		MHD_add_response_header(response, "Cache-Control", "no-store");
}

static void tally(const struct request *request, usec_t took)
{
	struct tally *tally = request->server->web->tally;
	if (request->stream)
		tally_stream(tally, request->match.route);
	else
		tally_answer(tally, request->match.route, request->status, took);
}

static void log_answer(const struct request *request, usec_t took)
{
	bool told = request->server->web->conf->access_log || request->status >= 500 ||
		    (took > SERVER_SLOW && !request->stream);
	struct log_line line;
	if (!told)
		return;
	log_begin(&line, LOG_INFO, "http_request");
	log_text(&line, "method", request->method);
	/* Without the query, in which there may be a secret; nor the address of a feed, which is one. */
	log_text(&line, "path", request->match.route ? request->match.route->path : request->path);
	log_int(&line, "status", request->status);
	log_int(&line, "ms", took / USEC_PER_MSEC);
	log_text(&line, "name", request->name);
	log_end(&line);
}

static void settle(struct request *request, unsigned status, struct MHD_Response *response)
{
	request->status = status;
	request->response = response;
	put_headers(request, response);
	ev_timer_stop(request->server->web->loop, &request->patience);
	usec_t took = clock_monotonic() - request->began;
	tally(request, took);
	log_answer(request, took);
	if (request->suspended) {
		request->suspended = false;
		server_resume(request->server, request->connection);
	}
}

static void request_free(struct request *request)
{
	for (size_t i = 0; i < request->headers_n; i++) {
		free(request->headers[i].name);
		free(request->headers[i].value);
	}
	for (size_t i = 0; i < request->queries_n; i++) {
		free(request->queries[i].name);
		free(request->queries[i].value);
	}
	for (size_t i = 0; i < ROUTE_ARGS_MAX; i++)
		free(request->match.args[i]);
	if (request->response)
		MHD_destroy_response(request->response);
	strbuf_free(&request->body);
	strbuf_free(&request->cookies);
	free(request->authority);
	free(request->user);
	free(request->name);
	free(request->path);
	free(request->method);
	free(request);
}

/* true: nobody else has answered. */
static bool pay(struct request *request)
{
	assert(request->owed || !request->dispatched);
	request->owed = false;
	request->dispatched = true;
	if (!request->late)
		return true;
	if (request->completed)
		request_free(request);
	return false;
}

void request_answer(struct request *request, unsigned status, const char *type, struct strbuf *text)
{
	bool too_much = text && text->overflowed;
	size_t len = text ? text->len : 0;
	char *data = text && text->len > 0 ? strbuf_steal(text) : NULL;
	if (text)
		strbuf_reset(text);
	if (!pay(request)) {
		free(data);
		return;
	}
	if (too_much) {
		log_msg(LOG_ERR, "http_too_much", "%s: the answer is larger than it may be",
			request->path);
		status = 500;
		len = 0;
	}
	struct MHD_Response *response = MHD_create_response_from_buffer_with_free_callback(
		data ? len : 0, data ? data : strbuf_empty, data ? free : NULL);
	if (!response)
		mem_abort("no memory for an answer");
	if (type && len > 0)
		MHD_add_response_header(response, "Content-Type", type);
	settle(request, status, response);
}

void request_answer_json(struct request *request, unsigned status, json_t *body)
{
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(JSON_MAX);
	char *line = json_dumps(body, JSON_COMPACT | JSON_ENCODE_ANY);
	strbuf_add_text(&text, line ? line : "null");
	free(line);
	json_decref(body);
	request_answer(request, status, "application/json", &text);
}

void request_settle_stream(struct request *request, struct MHD_Response *response)
{
	if (!pay(request)) {
		MHD_destroy_response(response);
		return;
	}
	settle(request, 200, response);
}

void request_overtake(struct request *request, const char *detail)
{
	if (request->response)
		return;
	bool owed = request->owed;
	request_unavailable(request, 1, detail);
	request->owed = owed;
	request->late = owed;
}

/* ---- life ---- */

static void on_patience(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	request_overtake(timer->data, "it took too long; the same may work in a moment");
}

/* "http://localhost:8080/path" -> localhost:8080, as those write who speak to a proxy; NULL: a path alone. */
static char *authority_of(const char *url)
{
	const char *host = *url == '/' ? NULL : strstr(url, "://");
	return host ? mem_strndup(host + 3, strcspn(host + 3, "/")) : NULL;
}

struct request *request_create(struct server *server, struct MHD_Connection *connection,
	const char *path, const char *method)
{
	struct request *request = mem_alloc(sizeof(*request));
	request->server = server;
	request->connection = connection;
	request->path = mem_strdup(listener_path(path));
	request->authority = authority_of(path);
	request->method = mem_strdup(method);
	request->began = clock_monotonic();
	strbuf_init(&request->body, REQUEST_BODY_MAX);
	ev_timer_init(&request->patience, on_patience, (double)REQUEST_PATIENCE / 1e6, 0.);
	request->patience.data = request;
	MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, keep_query, request);
	request_take_cookies(request);
	request->next = server->requests;
	if (request->next)
		request->next->prev = request;
	server->requests = request;
	return request;
}

void request_complete(struct request *request)
{
	struct server *server = request->server;
	ev_timer_stop(server->web->loop, &request->patience);
	if (request->prev)
		request->prev->next = request->next;
	else
		server->requests = request->next;
	if (request->next)
		request->next->prev = request->prev;
	request->completed = true;
	if (request->stream)
		stream_gone(request->stream);
	if (!request->owed)
		request_free(request);
	else
		request->late = true; /* there is nobody to answer */
}

enum MHD_Result request_queue(struct request *request)
{
	request->queued = true;
	return MHD_queue_response(request->connection, request->status, request->response);
}
