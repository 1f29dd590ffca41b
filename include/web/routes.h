/* routes: which handler answers what.
 *
 * A path is compared part by part; {id} stands for one part that is not empty, which request_arg hands out decoded.
 * HEAD is answered as GET is, OPTIONS, 404 and 405 with Allow follow from the tables.
 */
#pragma once

#include "web/request.h"
#include "web/web.h"

enum route_wants {
	WANTS_NOBODY, /* anybody, without a look at who asks */
	WANTS_VISITOR, /* an operator, or anybody on this machine */
	WANTS_ANYONE, /* a visitor, or a user */
	WANTS_USER,
	WANTS_OPERATOR,
};

enum route_flags {
	ROUTE_CORS = 1 << 0, /* pages of cors_origins may ask */
	ROUTE_JSON = 1 << 1, /* a body is application/json, or 415 */
	ROUTE_FORM = 1 << 2, /* a body is application/x-www-form-urlencoded, or 415 */
};

struct route {
	const char *method, *path;
	void (*handler)(struct web *web, struct request *request);
	enum route_wants wants;
	unsigned flags;
	const void *data; /* the handler's */
};

#define ROUTE_ARGS_MAX 4

struct route_match {
	const struct route *route; /* NULL: none */
	bool found; /* there is something at this path, maybe by another method */
	char *args[ROUTE_ARGS_MAX]; /* decoded; the caller frees */
	char allow[80]; /* "GET, HEAD, OPTIONS" */
	bool cors;
};

void route_find(const char *method, const char *path, struct route_match *ret_match);
/* NULL: an escape is none, a NUL or a "/" is hidden in it, or it is no UTF-8; the caller frees. */
char *route_decode(const char *text, size_t len);
/* The same of a query or a form: + is a blank, and a "/" may be there. */
char *route_decode_form(const char *text, size_t len);

/* Tables of modules end with a NULL method; routes.c lists them. */
extern const struct route health_routes[];
extern const struct route problem_routes[];
extern const struct route api_routes[];
extern const struct route page_routes[];
extern const struct route calendar_routes[];
