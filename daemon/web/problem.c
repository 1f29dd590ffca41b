/* Errors as answers: RFC 9457, or a page for people. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "web/request.h"

#define PAGE_MAX 65536

static const struct {
	unsigned status;
	const char *title;
} titles[] = {
	{ 400, "Bad request" },
	{ 401, "Who are you?" },
	{ 403, "Not allowed" },
	{ 404, "Not here" },
	{ 405, "Not by this method" },
	{ 406, "Not in this form" },
	{ 409, "It conflicts" },
	{ 412, "It was changed meanwhile" },
	{ 413, "Too large" },
	{ 414, "Too long" },
	{ 415, "Not in this format" },
	{ 421, "Not under this name" },
	{ 422, "Refused" },
	{ 429, "Too many" },
	{ 500, "Something is broken here" },
	{ 503, "Not just now" },
};

const char *problem_title(unsigned status)
{
	for (size_t i = 0; i < ARRAY_LEN(titles); i++) {
		if (titles[i].status == status)
			return titles[i].title;
	}
	return "It does not work";
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
	json_auto_t *problem = json_pack("{ss ss si so}", "type", "about:blank", "title",
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
