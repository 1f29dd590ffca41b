/* request_private: what server.c, request.c and stream.c share; nobody else includes it. */
#pragma once

#include <ev.h>
#include <microhttpd.h>

#include "web/auth.h"
#include "web/routes.h"
#include "web/server.h"

struct request {
	struct server *server;
	struct MHD_Connection *connection;
	struct request *prev, *next; /* in the server's list */
	struct route_match match;
	struct identity identity;
	char *user, *name; /* of identity */
	struct strbuf body;
	struct MHD_Response *response; /* the answer, once there is one */
	unsigned status;
	char *path, *method;
	char *authority; /* of an absolute address; NULL: it was a path */
	struct strbuf cookies; /* "name=value", a NUL behind each */
	struct {
		char *name, *value;
	} headers[16];
	size_t headers_n;
	struct {
		char *name, *value;
	} queries[32];
	size_t queries_n;
	bool malformed; /* the query is */
	usec_t began;
	struct ev_timer patience;
	bool dispatched; /* a handler has it, or an answer */
	bool owed; /* the handler has not answered yet */
	bool late; /* somebody else answered meanwhile */
	bool suspended, queued, completed;
	bool too_large;
	struct stream *stream;
};

struct server {
	struct web *web;
	struct listener *listeners[8];
	size_t listeners_n;
	struct request *requests;
	size_t streams;
	struct ev_timer drain, beat;
	struct stream *first_stream;
	void (*stopped)(void *arg);
	void *stopped_arg;
	bool stopping;
	usec_t stop_at;
};

/* server.c: a connection was suspended, and goes on. */
void server_resume(struct server *server, struct MHD_Connection *connection);

/* request.c */
struct request *request_create(struct server *server, struct MHD_Connection *connection,
	const char *path, const char *method);
/* libmicrohttpd has done with it; it is freed once its handler has, too. */
void request_complete(struct request *request);
/* Hands the answer, which is there, to libmicrohttpd. */
enum MHD_Result request_queue(struct request *request);
/* The handler's answer is this stream. */
void request_settle_stream(struct request *request, struct MHD_Response *response);
/* Somebody else than the handler answers. */
void request_overtake(struct request *request, const char *detail);

/* headers.c */
void request_take_cookies(struct request *request);
/* Why a proxy before us could have read another request out of it; NULL: none could. */
const char *request_unclear(const struct request *request);

/* stream.c */
void stream_end_all(struct server *server);
void stream_beat_all(struct server *server);
void stream_gone(struct stream *stream);
