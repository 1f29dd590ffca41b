/* What operators may do; see web/pages.h.
 *
 * A browser sends a password, or is let through a socket, whoever's page makes it: what changes something must come from
 * a page of ours, and is asked for before.  Whoever is no browser says nothing of pages. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "db/params.h"
#include "util/mem.h"
#include "web/auth.h"
#include "web/pages.h"
#include "web/pool.h"
#include "web/routes.h"

#define REASON_MAX 500

static const struct action {
	const char *name, *label, *what;
	const char *state; /* of templates that it is for; one of template_state */
} actions[] = {
	{ "retry", "Try again",
		"It is taken out of quarantine, and what was due meanwhile is caught up.",
		"quarantined" },
	{ "pause", "Pause", "Nothing is made of it until somebody resumes it.", "active" },
	{ "resume", "Resume", "It goes on from now.", "paused" },
	{ "trigger", "Trigger", "One more task is made of it now; its series stays as it is.",
		"active" },
};

static const struct action *action_of(const char *name)
{
	for (size_t i = 0; name && i < ARRAY_LEN(actions); i++)
		if (strcmp(actions[i].name, name) == 0)
			return &actions[i];
	return NULL;
}

void show_actions(struct strbuf *out, const char *state, const char *id)
{
	strbuf_add_text(out, "<p>");
	for (size_t i = 0; i < ARRAY_LEN(actions); i++)
		if (strcmp(actions[i].state, state) == 0)
			FILL(out, FRAGMENT_ACTION, { "action", actions[i].name },
				{ "label", actions[i].label }, { "id", id });
	strbuf_add_text(out, "</p>\n");
}

static bool may_act(struct web *web, struct request *request)
{
	if (!web->conf->actions)
		request_problem(request, 403,
			"these pages only show; actions = yes in recurd-http.conf lets operators "
			"do that",
			NULL);
	return web->conf->actions;
}

/* ---- the question ---- */

static void question_ready(void *arg, struct board *board)
{
	struct request *request = arg;
	struct strbuf out CLEANUP(strbuf_free) = STRBUF(PAGE_MAX);
	const struct action *action = action_of(request_query(request, "action"));
	assert(action); /* serve_question has looked */
	struct page page = board_frame(board, "Are you sure? – recurd", "templates");
	bool pauses = strcmp(action->name, "pause") == 0;
	page_begin(&out, &page);
	page_title(&out, action->label, request_query(request, "id"));
	FILL(&out, FRAGMENT_QUESTION, { "what", action->what }, { "action", action->name },
		{ "label", action->label }, { "id", request_query(request, "id") },
		{ "reason", pauses ? "yes" : NULL }, { "name", request_who(request)->name });
	page_end(&out, &page);
	visit_answer(request, 200, &out);
}

void serve_question(struct web *web, struct request *request)
{
	const char *id = request_query(request, "id");
	if (!may_act(web, request))
		return;
	if (!id || !*id || !action_of(request_query(request, "action")))
		request_problem(request, 404, "which template, and what with it?", NULL);
	else
		board_want(board_of(web), question_ready, request);
}

/* ---- the deed ---- */

static bool comes_from_us(const struct request *request)
{
	const char *site = request_header(request, "Sec-Fetch-Site");
	const char *origin = request_header(request, "Origin"), *host = request_host(request);
	const char *name = origin ? strstr(origin, "://") : NULL;
	if (site && strcmp(site, "same-origin") != 0)
		return false;
	return !origin || (host && name && strcasecmp(name + 3, host) == 0);
}

/* A field of the form, decoded; the caller frees.  NULL: it is not there, or is no text. */
static char *field(const struct strbuf *body, const char *name)
{
	size_t len = strlen(name);
	for (const char *at = body->data; *at; at += *at == '&') {
		size_t whole = strcspn(at, "&");
		if (whole > len && strncmp(at, name, len) == 0 && at[len] == '=')
			return route_decode_form(at + len + 1, whole - len - 1);
		at += whole;
	}
	return NULL;
}

static void acted(void *arg, const struct reply *reply)
{
	struct request *request = arg;
	char *id CLEANUP(mem_cleanup) = field(request_body(request), "id");
	struct strbuf where CLEANUP(strbuf_free) = STRBUF(PAGE_MAX);
	if (reply->status == REPLY_LOST) {
		request_unavailable(
			request, 2, "the database does not answer: it may have been done, or not");
		return;
	}
	if (reply->status != REPLY_OK) {
		request_problem(request, 409, reply->message, NULL);
		return;
	}
	strbuf_add_text(&where, "template?id=");
	fill_url(&where, id);
	request_header_add(request, "Location", where.data);
	request_answer(request, 303, NULL, NULL);
}

void serve_action(struct web *web, struct request *request)
{
	char *id CLEANUP(mem_cleanup) = field(request_body(request), "id");
	char *name CLEANUP(mem_cleanup) = field(request_body(request), "action");
	char *reason CLEANUP(mem_cleanup) = field(request_body(request), "reason");
	if (!may_act(web, request))
		return;
	if (!comes_from_us(request)) {
		request_problem(
			request, 403, "another site's page asked for that: it was not done", NULL);
	} else if (!id || !*id || !action_of(name)) {
		request_problem(
			request, 422, "expected the fields action, id and maybe reason", NULL);
	} else if (reason && strlen(reason) > REASON_MAX) {
		request_problem(request, 422, "reason: at most 500 bytes", NULL);
	} else {
		struct params params CLEANUP(params_free);
		params_init(&params);
		params_text(&params, name);
		params_utf8(&params, id);
		params_utf8(&params, reason);
		pool_call(web->pool, QUERY_WEB_ACT, &params, request_who(request)->name, acted,
			request);
	}
}
