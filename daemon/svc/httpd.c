/* libmicrohttpd on libev; see the header.
 *
 * Its epoll is edge-triggered: what it has read and not yet dealt with is announced by MHD_get_timeout alone, so that is
 * asked before each sleep of the loop (ev_prepare). */
#include "svc/httpd.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/log.h"
#include "util/mem.h"

#define CONNECTIONS 64
#define IDLE_S      10
#define REQUEST_MAX 16384

struct httpd {
	struct ev_loop *loop;
	struct address address;
	char *shown;
	struct MHD_Daemon *daemon; /* NULL: not yet, or not now */
	httpd_fn *fn;
	void *arg;
	struct ev_io io;
	struct ev_prepare prepare;
	struct ev_timer due, retry;
	bool refused; /* and said so */
};

static enum MHD_Result answer(struct MHD_Connection *connection, const struct httpd_answer *given)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		given->len, (void *)(uintptr_t)given->text, MHD_RESPMEM_MUST_COPY);
	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, given->type);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	if (given->status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	enum MHD_Result queued = MHD_queue_response(connection, given->status, response);
	MHD_destroy_response(response);
	return queued;
}

static enum MHD_Result refuse_method(struct MHD_Connection *connection)
{
	static const char text[] = "GET and HEAD only\n";
	struct httpd_answer given = { MHD_HTTP_METHOD_NOT_ALLOWED, "text/plain; charset=utf-8",
		text, strlen(text) };
	return answer(connection, &given);
}

static bool has_verbose(struct MHD_Connection *connection)
{
	const char *value = NULL;
	size_t size = 0;
	return MHD_lookup_connection_value_n(connection, MHD_GET_ARGUMENT_KIND, "verbose",
		       strlen("verbose"), &value, &size) == MHD_YES;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *body, size_t *body_size, void **state)
{
	struct httpd *httpd = arg;
	(void)version;
	(void)body;
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return refuse_method(connection);
	if (!*state) { /* the headers alone: it calls again */
		*state = httpd;
		return MHD_YES;
	}
	*body_size = 0;
	const char *accept = MHD_lookup_connection_value(
		connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
	struct httpd_request request = {
		.path = url, .accept = accept ? accept : "", .verbose = has_verbose(connection)
	};
	struct httpd_answer given = { MHD_HTTP_OK, "text/plain; charset=utf-8", "", 0 };
	httpd->fn(httpd->arg, &request, &given);
	return answer(connection, &given);
}

/* Paths are compared as they come: decoded, one that goes on behind a NUL would be another. */
static size_t leave_escaped(void *arg, struct MHD_Connection *connection, char *text)
{
	(void)arg;
	(void)connection;
	return strlen(text);
}

/* ---- the loop ---- */

static bool is_full(struct MHD_Daemon *daemon)
{
	return MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS)->num_connections >=
	       CONNECTIONS;
}

/* While as many are connected as may be, it does not listen; that there is room again it sees at the next turn only,
 * and nothing else would bring that about. */
static void run(struct httpd *httpd)
{
	bool full = is_full(httpd->daemon);
	MHD_run(httpd->daemon);
	if (full && !is_full(httpd->daemon))
		MHD_run(httpd->daemon);
}

static void on_io(struct ev_loop *loop, struct ev_io *io, int events)
{
	(void)loop;
	(void)events;
	run(io->data);
}

static void on_due(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	run(timer->data);
}

static void on_prepare(struct ev_loop *loop, struct ev_prepare *prepare, int events)
{
	struct httpd *httpd = prepare->data;
	MHD_UNSIGNED_LONG_LONG ms;
	(void)events;
	ev_timer_stop(loop, &httpd->due);
	if (MHD_get_timeout(httpd->daemon, &ms) != MHD_YES)
		return;
	ev_timer_set(&httpd->due, (double)ms / 1e3, 0.);
	ev_timer_start(loop, &httpd->due);
}

/* ---- life ---- */

static struct MHD_Daemon *start_daemon(struct httpd *httpd, struct err *err)
{
	int fd = address_listen(&httpd->address, err);
	if (fd < 0)
		return NULL;
	struct MHD_Daemon *daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request,
		httpd, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS,
		MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)REQUEST_MAX, MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, NULL,
		MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
	if (daemon)
		return daemon;
	close(fd);
	err_set_passing(err, "libmicrohttpd does not start");
	return NULL;
}

static void try_listen(struct httpd *httpd)
{
	struct err err;
	httpd->daemon = start_daemon(httpd, &err);
	if (!httpd->daemon) {
		if (!httpd->refused)
			log_msg(LOG_ERR, "listen_refused", "%s: %s; tried again every %.0f s",
				httpd->shown, err.text, HTTPD_RETRY_S);
		httpd->refused = true;
		ev_timer_set(&httpd->retry, HTTPD_RETRY_S, 0.);
		ev_timer_start(httpd->loop, &httpd->retry);
		return;
	}
	log_msg(LOG_NOTICE, "listening_at", "%s", httpd->shown);
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(
		httpd->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	ev_io_set(&httpd->io, info->epoll_fd, EV_READ);
	ev_io_start(httpd->loop, &httpd->io);
	ev_prepare_start(httpd->loop, &httpd->prepare);
}

static void on_retry(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	try_listen(timer->data);
}

struct httpd *httpd_create(struct ev_loop *loop, const struct address *address, const char *shown,
	httpd_fn *fn, void *arg)
{
	struct httpd *httpd = mem_alloc(sizeof(*httpd));
	httpd->loop = loop;
	httpd->address = *address;
	httpd->shown = mem_strdup(shown);
	httpd->fn = fn;
	httpd->arg = arg;
	ev_io_init(&httpd->io, on_io, -1, EV_READ);
	ev_prepare_init(&httpd->prepare, on_prepare);
	ev_timer_init(&httpd->due, on_due, 0., 0.);
	ev_timer_init(&httpd->retry, on_retry, 0., 0.);
	httpd->io.data = httpd->prepare.data = httpd->due.data = httpd->retry.data = httpd;
	try_listen(httpd);
	return httpd;
}

void httpd_destroy(struct httpd *httpd)
{
	if (!httpd)
		return;
	ev_io_stop(httpd->loop, &httpd->io);
	ev_prepare_stop(httpd->loop, &httpd->prepare);
	ev_timer_stop(httpd->loop, &httpd->due);
	ev_timer_stop(httpd->loop, &httpd->retry);
	if (httpd->daemon) {
		MHD_stop_daemon(httpd->daemon);
		if (address_is_local(&httpd->address))
			unlink(httpd->address.at.local.sun_path);
	}
	free(httpd->shown);
	free(httpd);
}
