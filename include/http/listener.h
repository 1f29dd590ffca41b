/* listener: libmicrohttpd 0.9 on a libev loop: its epoll in ours, one socket each.
 *
 * What is asked comes to the callback of libmicrohttpd that is named in the options; here is only how it gets its
 * turns.  Where it cannot listen (the address is taken, the folder is missing) it says so once, event=listen_refused, and
 * tries again every LISTENER_RETRY_S: nothing else must wait for it.
 */
#pragma once

#include <ev.h>
#include <microhttpd.h>
#include <stdbool.h>

#include "util/address.h"

#define LISTENER_RETRY_S 15.

struct listener_options {
	unsigned flags; /* beside MHD_USE_EPOLL */
	unsigned connections; /* at most so many at once */
	unsigned per_address; /* of one address; 0: no limit */
	unsigned idle_s; /* without a sign of life */
	size_t request_max; /* line and headers */
	MHD_AccessHandlerCallback on_request;
	MHD_RequestCompletedCallback on_completed; /* may be NULL */
	void *arg; /* of both */
};

struct listener;

/* options are copied; shown: the address as it was written. */
struct listener *listener_create(struct ev_loop *loop, const struct address *address,
	const char *shown, const struct listener_options *options);
/* The same on a socket that is given, and stays where it is: systemd's. */
struct listener *listener_adopt(
	struct ev_loop *loop, int fd, const char *shown, const struct listener_options *options);
/* A connection was resumed: libmicrohttpd sees that at its next turn only, which nothing else brings about. */
void listener_kick(struct listener *listener);
/* New connections are refused; those that are there go on. */
void listener_quiesce(struct listener *listener);
/* The path of what was asked for, which may be a whole address: "http://localhost/metrics" -> "/metrics". */
const char *listener_path(const char *url);
/* Whoever is connected. */
unsigned listener_connections(const struct listener *listener);
/* No connection may be suspended. */
void listener_destroy(struct listener *listener); /* NULL is nothing */
