/* libmicrohttpd on libev; see the header.
 *
 * Its epoll is edge-triggered: what it has read and not yet dealt with is announced by MHD_get_timeout alone, so that is
 * asked before each sleep of the loop (ev_prepare). */
#include "http/listener.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "util/log.h"
#include "util/mem.h"

struct listener {
	struct ev_loop *loop;
	struct listener_options options;
	struct address address;
	int given_fd; /* -1: the address is listened at */
	char *shown;
	struct MHD_Daemon *daemon; /* NULL: not yet, or not now */
	struct ev_io io;
	struct ev_prepare prepare;
	struct ev_timer due, retry;
	bool refused; /* and said so */
	bool kicked; /* it is owed a turn */
};

/* Paths are compared as they come: decoded, one that goes on behind a NUL would be another. */
static size_t leave_escaped(void *arg, struct MHD_Connection *connection, char *text)
{
	(void)arg;
	(void)connection;
	return strlen(text);
}

/* Each server has to take whole addresses (RFC 9112, 3.2.2): clients that believe in a proxy send them. */
const char *listener_path(const char *url)
{
	bool whole = strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0;
	const char *path = whole ? strchr(strstr(url, "://") + 3, '/') : url;
	return path ? path : "/";
}

/* ---- the loop ---- */

unsigned listener_connections(const struct listener *listener)
{
	if (!listener->daemon)
		return 0;
	return MHD_get_daemon_info(listener->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS)
		->num_connections;
}

static bool is_full(const struct listener *listener)
{
	return listener_connections(listener) >= listener->options.connections;
}

/* While as many are connected as may be, it does not listen; that there is room again it sees at the next turn only,
 * and nothing else would bring that about. */
static void run(struct listener *listener)
{
	bool full = is_full(listener);
	listener->kicked = false;
	MHD_run(listener->daemon);
	if (full && !is_full(listener))
		MHD_run(listener->daemon);
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
	struct listener *listener = prepare->data;
	MHD_UNSIGNED_LONG_LONG ms;
	(void)events;
	ev_timer_stop(loop, &listener->due);
	if (listener->kicked)
		ms = 0;
	else if (MHD_get_timeout(listener->daemon, &ms) != MHD_YES)
		return;
	ev_timer_set(&listener->due, (double)ms / 1e3, 0.);
	ev_timer_start(loop, &listener->due);
}

/* ---- life ---- */

static struct MHD_Daemon *start_daemon(struct listener *listener, struct err *err)
{
	const struct listener_options *o = &listener->options;
	int fd = listener->given_fd >= 0 ? listener->given_fd
					 : address_listen(&listener->address, err);
	if (fd < 0)
		return NULL;
	struct MHD_Daemon *daemon = MHD_start_daemon(MHD_USE_EPOLL | o->flags, 0, NULL, NULL,
		o->on_request, o->arg, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
		o->connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT, o->per_address,
		MHD_OPTION_CONNECTION_TIMEOUT, o->idle_s, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		o->request_max, MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, NULL,
		MHD_OPTION_NOTIFY_COMPLETED, o->on_completed, o->arg, MHD_OPTION_STRICT_FOR_CLIENT,
		1, MHD_OPTION_END);
	if (daemon)
		return daemon;
	close(fd);
	err_set_passing(err, "libmicrohttpd does not start");
	return NULL;
}

static void try_listen(struct listener *listener)
{
	struct err err;
	listener->daemon = start_daemon(listener, &err);
	if (!listener->daemon) {
		if (!listener->refused)
			log_msg(LOG_ERR, "listen_refused", "%s: %s; tried again every %.0f s",
				listener->shown, err.text, LISTENER_RETRY_S);
		listener->refused = true;
		ev_timer_set(&listener->retry, LISTENER_RETRY_S, 0.);
		ev_timer_start(listener->loop, &listener->retry);
		return;
	}
	log_msg(LOG_NOTICE, "listening_at", "%s", listener->shown);
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(
		listener->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	ev_io_set(&listener->io, info->epoll_fd, EV_READ);
	ev_io_start(listener->loop, &listener->io);
	ev_prepare_start(listener->loop, &listener->prepare);
}

static void on_retry(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	try_listen(timer->data);
}

static struct listener *create(
	struct ev_loop *loop, const char *shown, const struct listener_options *options)
{
	struct listener *listener = mem_alloc(sizeof(*listener));
	listener->loop = loop;
	listener->options = *options;
	listener->given_fd = -1;
	listener->shown = mem_strdup(shown);
	ev_io_init(&listener->io, on_io, -1, EV_READ);
	ev_prepare_init(&listener->prepare, on_prepare);
	ev_timer_init(&listener->due, on_due, 0., 0.);
	ev_timer_init(&listener->retry, on_retry, 0., 0.);
	listener->io.data = listener->prepare.data = listener;
	listener->due.data = listener->retry.data = listener;
	return listener;
}

struct listener *listener_create(struct ev_loop *loop, const struct address *address,
	const char *shown, const struct listener_options *options)
{
	struct listener *listener = create(loop, shown, options);
	listener->address = *address;
	try_listen(listener);
	return listener;
}

struct listener *listener_adopt(
	struct ev_loop *loop, int fd, const char *shown, const struct listener_options *options)
{
	struct listener *listener = create(loop, shown, options);
	listener->given_fd = fd;
	try_listen(listener);
	return listener;
}

void listener_kick(struct listener *listener)
{
	listener->kicked = true;
}

void listener_quiesce(struct listener *listener)
{
	ev_timer_stop(listener->loop, &listener->retry);
	if (!listener->daemon)
		return;
	int fd = MHD_quiesce_daemon(listener->daemon);
	if (fd >= 0)
		close(fd);
}

void listener_destroy(struct listener *listener)
{
	if (!listener)
		return;
	ev_io_stop(listener->loop, &listener->io);
	ev_prepare_stop(listener->loop, &listener->prepare);
	ev_timer_stop(listener->loop, &listener->due);
	ev_timer_stop(listener->loop, &listener->retry);
	if (listener->daemon) {
		MHD_stop_daemon(listener->daemon);
		if (listener->given_fd < 0 && address_is_local(&listener->address))
			unlink(listener->address.at.local.sun_path);
	}
	free(listener->shown);
	free(listener);
}
