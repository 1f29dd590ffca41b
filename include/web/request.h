/* request: one HTTP request, from its head to its answer.
 *
 * A handler gets it when its body is there, and answers exactly once: at once, or later from a callback, while the
 * connection is suspended.  What nobody has answered within REQUEST_PATIENCE gets 503; the answer that comes after all is
 * dropped.  A request lives until it was answered; texts that it hands out live as long.
 *
 * Each answer has the headers that keep browsers safe (Content-Security-Policy and the like), Cache-Control: no-store
 * unless it has one of its own, and of HEAD no body.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "util/strbuf.h"

#define REQUEST_BODY_MAX 65536
#define REQUEST_PATIENCE (5 * USEC_PER_SEC)

struct request;
struct route;
struct identity;
struct stream;

const char *request_path(const struct request *request); /* as it came: escaped */
const char *request_method(const struct request *request);
/* Of the query, decoded; NULL: it is not there.  The first of several. */
const char *request_query(const struct request *request, const char *name);
/* Each of them in order, until fn returns false. */
void request_each_query(const struct request *request,
	bool (*fn)(void *arg, const char *name, const char *value), void *arg);
const char *request_header(const struct request *request, const char *name); /* NULL: none */
/* The n-th that has this name, from 0: a host has several where others set some, too.  NULL: there are no more. */
const char *request_cookie(const struct request *request, const char *name, size_t n);
const char *request_host(
	const struct request *request); /* whom it asks: of an absolute address, or Host */
/* If-None-Match names this tag (without quotes), or any.  What proxies that compress put behind it does not count. */
bool request_knows(const struct request *request, const char *tag);
size_t etag_bare(
	const char *text, size_t len); /* as long as a tag is without that: "abc-gzip" -> 3 */
const char *request_arg(const struct request *request, size_t n); /* what {id} matched, decoded */
const struct route *request_route(const struct request *request);
const struct identity *request_who(const struct request *request); /* auth.h */
const struct strbuf *request_body(const struct request *request);
/* From this machine: no proxy says that it speaks for somebody else. */
bool request_on_unix_socket(const struct request *request);
long request_peer_uid(const struct request *request); /* of a Unix socket; -1: not known */
bool request_from_loopback(const struct request *request); /* over TCP */
unsigned request_wants(const struct request *request, const char *type); /* accept_quality */
/* text/html is what it would rather have. */
bool request_wants_html(const struct request *request);

/* Of the answer.  Control characters in a value are a bug. */
void request_header_add(struct request *request, const char *name, const char *value);
/* type: NULL: no Content-Type.  text is taken, and empty afterwards; NULL: an empty answer. */
void request_answer(
	struct request *request, unsigned status, const char *type, struct strbuf *text);
void request_answer_json(struct request *request, unsigned status, json_t *body /* taken */);
/* RFC 9457: application/problem+json, or a page for who would rather have HTML.  detail: what to do; errors: NULL, or
 * [{"pointer", "detail"}], taken. */
void request_problem(struct request *request, unsigned status, const char *detail, json_t *errors);
const char *problem_title(unsigned status); /* "Not here" */
/* 503 with Retry-After. */
void request_unavailable(struct request *request, unsigned retry_after_s, const char *detail);

/* An answer without an end, text/event-stream: what stream_send adds, and a comment every 15 s.  gone comes once, when
 * the other side is gone or the server stops; the stream is gone then.  NULL: there are too many, and 503 was the answer. */
struct stream *request_stream(struct request *request, void (*gone)(void *arg), void *arg);
void stream_send(struct stream *stream, const char *text, size_t len);
void stream_close(struct stream *stream); /* gone comes later */
