/* httpd: answers to short GET requests, on the event loop of the daemon.  libmicrohttpd 0.9, its epoll in ours.
 *
 * A request is answered at once by a function that looks at memory alone; nothing waits, nothing is written.  GET
 * and HEAD only.  Limits: 64 connections, 16 kB of a request, 10 s without a sign of life.
 *
 * Where it cannot listen (the address is taken, the folder is missing) it says so once, event=listen_refused, and tries
 * again every quarter of a minute (http/listener.h): whoever asks for figures must not keep reminders from being told.
 */
#pragma once

#include <ev.h>
#include <stdbool.h>

#include "util/address.h"
#include "util/strbuf.h"

struct httpd_request {
	const char *path;
	const char *accept; /* the header; "": none */
	bool verbose; /* the query has it */
};

struct httpd_answer {
	unsigned status; /* 200 */
	const char *type; /* Content-Type; text/plain */
	const char *text; /* valid until the next request */
	size_t len;
};

typedef void httpd_fn(
	void *arg, const struct httpd_request *request, struct httpd_answer *ret_answer);

struct httpd;

/* shown: the address as it was written. */
struct httpd *httpd_create(struct ev_loop *loop, const struct address *address, const char *shown,
	httpd_fn *fn, void *arg);
void httpd_destroy(struct httpd *httpd); /* NULL is nothing */
