/* api: what the handlers of the REST interface share. */
#pragma once

#include <jansson.h>

#include "db/conn.h"
#include "web/request.h"
#include "web/web.h"

/* A row of routes: which function, and what of the request it takes. */
struct api_call {
	const char *function; /* "task_get" */
	bool has_body, writes;
	bool matches; /* it takes If-Match, not Idempotency-Key */
};

struct api_question {
	const char *function;
	const char *id; /* NULL: none */
	const json_t *body; /* or filter; NULL: none */
	const char *extra; /* key or entity tag; NULL: none */
	bool writes;
};

/* recurd.api_FUNCTION for whoever asks. */
void api_ask(struct web *web, struct request *request, const struct api_question *question,
	reply_fn *fn, void *arg);
/* The object that it gave; NULL: it gave none, and the request has its answer. */
json_t *api_reply(struct request *request, const struct reply *reply);
void api_answer(struct request *request, json_t *answer /* taken */);
/* The body as JSON; NULL: it is none, and the request has its answer. */
json_t *api_body(struct request *request);
json_t *api_filter(const struct request *request); /* the query as a filter of a list */
/* Of If-Match: "*", or the first without its quotes; NULL: there is none.  The caller frees. */
char *api_tag_given(const char *header);
