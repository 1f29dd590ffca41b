/* Errors as answers: RFC 9457, or a page for people. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "web/request.h"
#include "web/routes.h"

#define PAGE_MAX 65536

/* name: what the type of a problem leads to, at /problems. */
static const struct kind {
	unsigned status;
	const char *name, *title, *words;
} kinds[] = {
	{ 400, "bad-request", "Bad request",
		"The request is no HTTP, its query has an escape that is none, or its body is no "
		"JSON. The same request will be refused again." },
	{ 401, "who", "Who are you?",
		"What says who asks is missing, wrong, or not valid any more. Sign in again; no "
		"other trouble has this status." },
	{ 403, "not-allowed", "Not allowed",
		"It is known who asks, and this is for others: operators, or users." },
	{ 404, "not-here", "Not here",
		"There is nothing at this address, or it is somebody else's, which is not told "
		"apart." },
	{ 405, "method", "Not by this method", "The header Allow names the methods there are." },
	{ 406, "form", "Not in this form", "Accept asks for what there is not: it is JSON." },
	{ 409, "conflict", "It conflicts",
		"Something of that name, or with that id, is there already." },
	{ 412, "changed", "It was changed meanwhile",
		"If-Match names another version than the one there is. Read it again, and decide "
		"again." },
	{ 413, "too-large", "Too large", "A body has at most 64 kB." },
	{ 414, "too-long", "Too long", "The query is too long to be led on from page to page." },
	{ 415, "format", "Not in this format",
		"Content-Type is not what is taken here: application/json, or of a form "
		"application/x-www-form-urlencoded." },
	{ 421, "name", "Not under this name",
		"Host is no name by which recurd-http is called: hosts of recurd-http.conf has "
		"them." },
	{ 422, "refused", "Refused",
		"A value cannot be taken; errors says which, by its place, and what was "
		"expected." },
	{ 429, "too-many", "Too many", "Retry-After says when the next one may come." },
	{ 500, "broken", "Something is broken here",
		"It is a fault of recurd-http's; its log has the line." },
	{ 503, "not-now", "Not just now",
		"The database is away, or busy; Retry-After says when the same request may work." },
};

static const struct kind *kind_of(unsigned status)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (kinds[i].status == status)
			return &kinds[i];
	return NULL;
}

const char *problem_title(unsigned status)
{
	const struct kind *kind = kind_of(status);
	return kind ? kind->title : "It does not work";
}

static void add_escaped(struct strbuf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		switch (*text) {
		case '<':
			strbuf_add_text(out, "&lt;");
			break;
		case '>':
			strbuf_add_text(out, "&gt;");
			break;
		case '&':
			strbuf_add_text(out, "&amp;");
			break;
		case '"':
			strbuf_add_text(out, "&quot;");
			break;
		default:
			strbuf_add_char(out, *text);
		}
	}
}

static void answer_page(struct request *request, unsigned status, const char *detail)
{
	struct strbuf page CLEANUP(strbuf_free) = STRBUF(PAGE_MAX);
	const char *title = problem_title(status);
	strbuf_addf(&page,
		"<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>%s</title>"
		"<h1>%s</h1><p>",
		title, title);
	add_escaped(&page, detail);
	strbuf_add_text(&page, "</p></html>\n");
	request_answer(request, status, "text/html; charset=utf-8", &page);
}

/* Relative to what was asked for, so that it leads there behind a proxy's prefix, too. */
static void add_type(struct strbuf *out, const struct request *request, unsigned status)
{
	const struct kind *kind = kind_of(status);
	if (!kind) {
		strbuf_add_text(out, "about:blank");
		return;
	}
	for (const char *p = request_path(request); *p != '\0'; p++)
		if (*p == '/' && p > request_path(request))
			strbuf_add_text(out, "../");
	strbuf_addf(out, "problems#%s", kind->name);
}

void request_problem(struct request *request, unsigned status, const char *detail, json_t *errors)
{
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(4 * PAGE_MAX);
	if (request_wants_html(request)) {
		json_decref(errors);
		answer_page(request, status, detail);
		return;
	}
	/* A detail from elsewhere may not be UTF-8. */
	json_t *said = json_string(detail);
	struct strbuf type CLEANUP(strbuf_free) = STRBUF(4 * PAGE_MAX);
	add_type(&type, request, status);
	json_auto_t *problem = json_pack("{ss ss si so}", "type", type.data, "title",
		problem_title(status), "status", (int)status, "detail",
		said ? said : json_string(problem_title(status)));
	if (errors)
		json_object_set_new(problem, "errors", errors);
	char *line = json_dumps(problem, JSON_COMPACT);
	strbuf_add_text(&text, line);
	free(line);
	request_answer(request, status, "application/problem+json", &text);
}

void request_unavailable(struct request *request, unsigned retry_after_s, const char *detail)
{
	char seconds[16];
	snprintf(seconds, sizeof(seconds), "%u", retry_after_s);
	request_header_add(request, "Retry-After", seconds);
	request_problem(request, 503, detail, NULL);
}

/* ---- what they mean ---- */

static void serve_problems(struct web *web, struct request *request)
{
	struct strbuf page CLEANUP(strbuf_free) = STRBUF(PAGE_MAX);
	(void)web;
	strbuf_add_text(&page, "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta "
			       "name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
			       "<title>Problems – recurd</title><main><h1>Problems</h1>\n");
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		strbuf_addf(&page, "<h2 id=\"%s\">%u: %s</h2>\n<p>%s</p>\n", kinds[i].name,
			kinds[i].status, kinds[i].title, kinds[i].words);
	strbuf_add_text(&page, "</main></html>\n");
	request_header_add(request, "Cache-Control", "public, max-age=86400");
	request_answer(request, 200, "text/html; charset=utf-8", &page);
}

const struct route problem_routes[] = {
	{ "GET", "/problems", serve_problems, WANTS_NOBODY, 0, NULL },
	{ 0 },
};
