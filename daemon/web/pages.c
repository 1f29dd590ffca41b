/* The pages' addresses; see the header. */
#include "web/pages.h"

#include <stdlib.h>
#include <string.h>

#include "db/params.h"
#include "util/mem.h"
#include "util/version.h"
#include "web/auth.h"
#include "web/pool.h"
#include "web/routes.h"
#include "web/try.h"

#define HTML "text/html; charset=utf-8"

enum { TIMESTAMPTZ = 1184, TEXT = 25, INT8 = 20 };

static enum audience audience_of(const struct request *request)
{
	return request_who(request)->kind == IDENTITY_OPERATOR ? AUDIENCE_OPERATOR
							       : AUDIENCE_NOBODY;
}

bool visit_sees_titles(const struct visit *visit)
{
	return visit->audience == AUDIENCE_OPERATOR && visit->web->conf->show_titles;
}

void visit_answer(struct request *request, unsigned status, struct strbuf *out)
{
	if (out->overflowed)
		request_problem(request, 500, "the page became too large", NULL);
	else
		request_answer(request, status, HTML, out);
}

struct visit *visit_create(struct web *web, struct request *request)
{
	struct visit *visit = mem_alloc(sizeof(*visit));
	*visit = (struct visit){ web, request, audience_of(request), NULL };
	return visit;
}

void visit_fail(struct visit *visit, const struct reply *reply)
{
	struct strbuf out CLEANUP(strbuf_free) = STRBUF(PAGE_MAX);
	struct page page = board_frame(visit->web->board, "recurd", NULL);
	if (!page.away)
		page.away = reply->status == REPLY_LOST ? "it is away, or busy"
							: "it cannot do that just now";
	page_begin(&out, &page);
	page_title(&out, "This page cannot be shown now", NULL);
	FILL(&out, FRAGMENT_NOTHING, { "text", "The first page has the last that was known." });
	page_end(&out, &page);
	request_header_add(visit->request, "Retry-After", "2");
	visit_answer(visit->request, 503, &out);
}

/* ---- the first page ---- */

static void front_ready(void *arg, struct board *board)
{
	struct visit *visit = arg;
	struct strbuf out CLEANUP(strbuf_free) = STRBUF(PAGE_MAX);
	const struct strbuf *front = board_front(board, visit->audience);
	strbuf_add(&out, front->data, front->len);
	visit_answer(visit->request, 200, &out);
	free(visit);
}

static void serve_front(struct web *web, struct request *request)
{
	board_want(board_of(web), front_ready, visit_create(web, request));
}

static void serve_events(struct web *web, struct request *request)
{
	const char *page = request_query(request, "page");
	if (!page || strcmp(page, "now") != 0)
		request_problem(request, 404, "there is a stream of page=now alone", NULL);
	else
		board_watch(board_of(web), request, audience_of(request));
}

/* ---- style, script, icons ---- */

static void serve_asset(struct web *web, struct request *request)
{
	struct strbuf out CLEANUP(strbuf_free) = STRBUF(PAGE_MAX);
	const char *name = request_arg(request, 0);
	(void)web;
	for (size_t i = 0; i < ASSET_COUNT; i++) {
		if (strcmp(assets[i].name, name) != 0)
			continue;
		strbuf_add_text(&out, assets[i].text);
		request_header_add(request, "Cache-Control", "public, max-age=31536000, immutable");
		request_answer(request, 200, assets[i].type, &out);
		return;
	}
	request_problem(request, 404, "no such file", NULL);
}

/* ---- pages that are one listing ---- */

struct listing {
	const char *title, *current, *note;
	enum query_id query;
	void (*fill)(const struct request *request, struct params *params);
	list_fn *show;
};

/* "after", as a page's own link has it; anything else is as good as none. */
static bool after_of(const struct request *request, usec_t *ret_after)
{
	const char *text = request_query(request, "after");
	struct err err;
	if (text && strcmp(text, "-infinity") == 0)
		*ret_after = USEC_MINUS_INFINITY;
	else if (text && strcmp(text, "infinity") == 0)
		*ret_after = USEC_INFINITY;
	else
		return text && instant_parse(text, ret_after, &err);
	return true;
}

static const char *query_of(const struct request *request, const char *name)
{
	const char *value = request_query(request, name);
	return value && *value ? value : NULL;
}

static void fill_upcoming(const struct request *request, struct params *params)
{
	usec_t after = USEC_MINUS_INFINITY;
	(void)after_of(request, &after);
	params_int4(params, LIST_ROWS);
	params_instant(params, after);
}

static void fill_place(const struct request *request, struct params *params)
{
	usec_t after = INSTANT_NONE;
	bool given = after_of(request, &after);
	params_instant(params, given ? after : INSTANT_NONE);
	params_utf8(params, given ? query_of(request, "from") : NULL);
}

static void fill_quarantine(const struct request *request, struct params *params)
{
	params_text(params, "quarantined");
	params_null(params, TEXT);
	params_int4(params, LIST_ROWS);
	fill_place(request, params);
}

static void fill_decisions(const struct request *request, struct params *params)
{
	usec_t after;
	const char *id = query_of(request, "from");
	bool given = after_of(request, &after) && id && strspn(id, "0123456789") == strlen(id) &&
		     strlen(id) < 19;
	params_null(params, TEXT);
	params_int4(params, LIST_ROWS);
	if (given)
		params_instant(params, after);
	else
		params_null(params, TIMESTAMPTZ);
	if (given)
		params_int8(params, strtoll(id, NULL, 10));
	else
		params_null(params, INT8);
}

static void fill_templates(const struct request *request, struct params *params)
{
	static const char *const states[] = { "active", "paused", "ended", "quarantined" };
	const char *id = query_of(request, "id"), *user = query_of(request, "user");
	const char *state = query_of(request, "state"), *which = "active";
	for (size_t i = 0; state && i < ARRAY_LEN(states); i++)
		which = strcmp(states[i], state) == 0 ? states[i] : which;
	params_text(params, id ? "prefix" : user ? "user" : which);
	params_utf8(params, id ? id : user);
	params_int4(params, LIST_ROWS);
	fill_place(request, params);
}

static void fill_nothing(const struct request *request, struct params *params)
{
	(void)request;
	(void)params;
}

static const struct listing upcoming = { "Upcoming", "upcoming", NULL, QUERY_WEB_UPCOMING,
	fill_upcoming, list_upcoming };
static const struct listing templates = { "Templates", "templates", NULL, QUERY_WEB_TEMPLATES,
	fill_templates, list_templates };
static const struct listing quarantine = { "Quarantine", "quarantine",
	"left alone until mended; delays nobody", QUERY_WEB_TEMPLATES, fill_quarantine,
	list_quarantine };
static const struct listing decisions = { "Decisions", "decisions",
	"what was not simply made, and why", QUERY_WEB_DECISIONS, fill_decisions, list_decisions };
static const struct listing workers = { "Workers", "workers", NULL, QUERY_WEB_WORKERS, fill_nothing,
	list_workers };

static void listing_read(void *arg, const struct reply *reply)
{
	struct visit *visit = arg;
	const struct listing *listing = visit->listing;
	struct strbuf out CLEANUP(strbuf_free) = STRBUF(PAGE_MAX);
	if (reply->status == REPLY_OK) {
		char title[64];
		strcpy(title, listing->title);
		struct page page = board_frame(
			visit->web->board, strcat(title, " – recurd"), listing->current);
		struct list list = { &page.face, visit->request, visit_sees_titles(visit) };
		page_begin(&out, &page);
		page_title(&out, listing->title, listing->note);
		listing->show(&out, &list, reply->results[0]);
		page_end(&out, &page);
		visit_answer(visit->request, 200, &out);
	} else {
		visit_fail(visit, reply);
	}
	free(visit);
}

static void listing_ready(void *arg, struct board *board)
{
	struct visit *visit = arg;
	struct params params CLEANUP(params_free);
	(void)board;
	params_init(&params);
	visit->listing->fill(visit->request, &params);
	pool_ask(visit->web->pool, visit->listing->query, &params, listing_read, visit);
}

static void serve_listing(struct web *web, struct request *request)
{
	struct visit *visit = visit_create(web, request);
	visit->listing = request_route(request)->data;
	board_want(board_of(web), listing_ready, visit);
}

/* ---- a rule on trial ---- */

static void rule_ready(void *arg, struct board *board)
{
	struct visit *visit = arg;
	struct request *request = visit->request;
	struct strbuf out CLEANUP(strbuf_free) = STRBUF(PAGE_MAX);
	struct outlook_now outlook = board_outlook(board);
	struct trial trial = { request_query(request, "rule"), request_query(request, "start"),
		request_query(request, "zone"), outlook.face, outlook.settings->min_interval,
		outlook.settings->calendars };
	if (query_of(request, "part")) {
		try_preview(&out, &trial);
	} else {
		struct page page = board_frame(board, "Try a rule – recurd", "rule");
		page.away = NULL; /* it needs none */
		page_begin(&out, &page);
		page_title(&out, "Try a rule", "what would come of it; nothing is stored");
		try_show(&out, &trial);
		page_end(&out, &page);
	}
	visit_answer(request, 200, &out);
	free(visit);
}

static void serve_rule(struct web *web, struct request *request)
{
	board_want(board_of(web), rule_ready, visit_create(web, request));
}

/* ---- about ---- */

static void about_ready(void *arg, struct board *board)
{
	struct visit *visit = arg;
	struct strbuf out CLEANUP(strbuf_free) = STRBUF(PAGE_MAX);
	struct page page = board_frame(board, "About – recurd", NULL);
	struct outlook_now outlook = board_outlook(board);
	const struct web_conf *conf = visit->web->conf;
	char interval[SHOW_TEXT_MAX];
	page_begin(&out, &page);
	page_title(&out, "About", NULL);
	FILL(&out, FRAGMENT_ABOUT, { "version", recurd_version },
		{ "zone", zone_name(page.face.zone) },
		{ "interval", show_span(outlook.settings->min_interval, interval) },
		{ "database", page.database },
		{ "titles", conf->show_titles ? "to operators" : "to nobody" },
		{ "actions", conf->actions ? "operators" : "nobody: these pages only show" },
		{ "you", visit->audience == AUDIENCE_OPERATOR ? "an operator"
							      : "nobody in particular" });
	page_end(&out, &page);
	visit_answer(visit->request, 200, &out);
	free(visit);
}

static void serve_about(struct web *web, struct request *request)
{
	board_want(board_of(web), about_ready, visit_create(web, request));
}

const struct route page_routes[] = {
	{ "GET", "/", serve_front, WANTS_VISITOR, 0, NULL },
	{ "GET", "/events", serve_events, WANTS_VISITOR, 0, NULL },
	{ "GET", "/assets/{name}", serve_asset, WANTS_NOBODY, 0, NULL },
	{ "GET", "/upcoming", serve_listing, WANTS_VISITOR, 0, &upcoming },
	{ "GET", "/templates", serve_listing, WANTS_OPERATOR, 0, &templates },
	{ "GET", "/template", serve_template, WANTS_OPERATOR, 0, NULL },
	{ "GET", "/quarantine", serve_listing, WANTS_OPERATOR, 0, &quarantine },
	{ "GET", "/decisions", serve_listing, WANTS_OPERATOR, 0, &decisions },
	{ "GET", "/workers", serve_listing, WANTS_VISITOR, 0, &workers },
	{ "GET", "/rule", serve_rule, WANTS_VISITOR, 0, NULL },
	{ "GET", "/settings", serve_settings, WANTS_VISITOR, 0, NULL },
	{ "GET", "/about", serve_about, WANTS_VISITOR, 0, NULL },
	{ "GET", "/act", serve_question, WANTS_OPERATOR, 0, NULL },
	{ "POST", "/act", serve_action, WANTS_OPERATOR, ROUTE_FORM, NULL },
	{ 0 },
};
