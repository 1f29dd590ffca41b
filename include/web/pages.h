/* pages: the status pages' addresses: routes.h lists page_routes.  What they show is in now.h, lists.h, story.h and try.h,
 * what they know of the database in board.h.
 */
#pragma once

#include "db/conn.h"
#include "web/board.h"
#include "web/lists.h"
#include "web/request.h"

/* A visit to a page, from its request to its answer. */
struct visit {
	struct web *web;
	struct request *request;
	enum audience audience;
	const struct listing *listing;
};

/* Shows titles to whoever that is. */
bool visit_sees_titles(const struct visit *visit);
/* The caller frees. */
struct visit *visit_create(struct web *web, struct request *request);
/* Answers with the page; out is taken. */
void visit_answer(struct request *request, unsigned status, struct strbuf *out);
/* The database did not answer: a page that says so, or a problem. */
void visit_fail(struct visit *visit, const struct reply *reply);

/* template.c: one template. */
void serve_template(struct web *web, struct request *request);

/* template_more.c: what it has besides: rows of web_policies.sql, web_changes.sql, web_turns.sql. */
struct texts;
void template_policies(struct strbuf *out, struct texts *texts, const PGresult *row);
void template_changes(
	struct strbuf *out, struct texts *texts, const struct face *face, const PGresult *rows);
void template_turns(
	struct strbuf *out, struct texts *texts, const struct face *face, const PGresult *rows);

/* settings.c: what decides what is made. */
void serve_settings(struct web *web, struct request *request);

/* actions.c: what operators may do, where `actions` is set: a page that asks, and a POST from that page alone. */
void show_actions(struct strbuf *out, const char *state, const char *id);
void serve_question(struct web *web, struct request *request);
void serve_action(struct web *web, struct request *request);
