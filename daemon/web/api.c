/* The REST interface: functions recurd.api_* behind addresses.
 *
 * What is whose, and what a value may be, the functions say (recurd-schema(7)); here queries become filters, headers become
 * their arguments, and their answers become HTTP's. */
#include <stdlib.h>
#include <string.h>

#include "db/rows.h"
#include "util/charset.h"
#include "util/mem.h"
#include "web/api.h"
#include "web/api_rules.h"
#include "web/auth.h"
#include "web/pool.h"
#include "web/routes.h"

#define LINK_MAX   8192 /* proxies take no more of a header */
#define ANSWER_MAX (16 * 1024 * 1024)

/* ---- answers of the database ---- */

static void refuse(struct request *request, const struct reply *reply)
{
	const char *state = reply->sqlstate;
	if (reply->status == REPLY_LOST) {
		request_unavailable(
			request, 2, "the database does not answer; the same may work in a moment");
	} else if (strncmp(state, "22", 2) == 0) {
		request_problem(request, 422, reply->message, NULL);
	} else {
		/* Deadlocks, timeouts, what is not there yet: the log has it. */
		request_unavailable(request, 1,
			"the database cannot do that just now; the same may work in a moment");
	}
}

json_t *api_reply(struct request *request, const struct reply *reply)
{
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(ANSWER_MAX);
	if (reply->status != REPLY_OK) {
		refuse(request, reply);
		return NULL;
	}
	const PGresult *result = reply->results[0];
	const char *bytes = row_text(result, 0, 0);
	if (bytes)
		charset_to_utf8(charset_bound(), bytes, row_text_len(result, 0, 0), &text);
	json_t *answer = bytes ? json_loadb(text.data, text.len, JSON_DECODE_ANY, NULL) : NULL;
	if (!json_is_object(answer)) {
		json_decref(answer);
		request_problem(request, 500, "the database gave no answer", NULL);
		return NULL;
	}
	return answer;
}

void api_ask(struct web *web, struct request *request, const struct api_question *question,
	reply_fn *fn, void *arg)
{
	struct params params CLEANUP(params_free);
	const char *user = request_who(request)->user;
	/* Escaped, so that it has only characters that any database has. */
	char *body CLEANUP(
		mem_cleanup) = question->body
				       ? json_dumps(question->body,
						 JSON_COMPACT | JSON_ENSURE_ASCII | JSON_ENCODE_ANY)
				       : NULL;
	params_init(&params);
	params_text(&params, question->function);
	params_utf8(&params, user);
	params_utf8(&params, question->id);
	params_text(&params, body);
	params_utf8(&params, question->extra);
	if (question->writes)
		pool_call(web->pool, QUERY_API_CALL, &params, request_who(request)->name, fn, arg);
	else
		pool_ask(web->pool, QUERY_API_CALL, &params, fn, arg);
}

/* ---- entity tags ---- */

char *api_tag_given(const char *header)
{
	if (!header)
		return NULL;
	const char *at = header + strspn(header, " \t");
	if (*at == '*')
		return mem_strdup("*");
	if (strncmp(at, "W/", 2) == 0)
		at += 2;
	if (*at == '"')
		at++;
	return mem_strndup(at, etag_bare(at, strcspn(at, "\",")));
}

static void add_tag(struct request *request, const char *tag)
{
	char *quoted CLEANUP(mem_cleanup) = mem_printf("\"%s\"", tag);
	request_header_add(request, "ETag", quoted);
}

/* ---- the answer ---- */

static void url_add(struct strbuf *out, const char *text)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
	for (; *text != '\0'; text++) {
		if (strchr(plain, *text))
			strbuf_add_char(out, *text);
		else
			strbuf_addf(out, "%%%02X", (unsigned char)*text);
	}
}

static bool add_query(void *arg, const char *name, const char *value)
{
	struct strbuf *out = arg;
	if (strcmp(name, "cursor") == 0)
		return true;
	url_add(out, name);
	strbuf_add_char(out, '=');
	url_add(out, value);
	strbuf_add_char(out, '&');
	return true;
}

/* false: it has no room in a header, and without it the list would seem to end here. */
static bool add_next(struct request *request, const char *cursor)
{
	struct strbuf link CLEANUP(strbuf_free) = STRBUF(LINK_MAX);
	strbuf_addf(&link, "<%s?", request_path(request));
	request_each_query(request, add_query, &link);
	strbuf_addf(&link, "cursor=%s>; rel=\"next\"", cursor);
	if (!link.overflowed)
		request_header_add(request, "Link", link.data);
	return !link.overflowed;
}

static void tell_problem(struct request *request, unsigned status, json_t *answer)
{
	const char *detail = json_string_value(json_object_get(answer, "detail"));
	json_t *errors = json_object_get(answer, "errors");
	if (status == 503)
		request_unavailable(request, 30, detail ? detail : "not just now");
	else
		request_problem(request, status, detail ? detail : problem_title(status),
			json_incref(errors));
}

static void tell_row(struct request *request, unsigned status, json_t *body)
{
	const char *tag = json_string_value(json_object_get(body, "etag"));
	const char *id = json_string_value(json_object_get(body, "id"));
	if (tag)
		add_tag(request, tag);
	if (status == 201 && id) {
		struct strbuf place CLEANUP(strbuf_free) = STRBUF(4096);
		strbuf_addf(&place, "%s/", request_path(request));
		url_add(&place, id);
		request_header_add(request, "Location", place.data);
	}
	if (status == 200 && tag && request_knows(request, tag) &&
		strcmp(request_method(request), "GET") == 0)
		request_answer(request, 304, NULL, NULL);
	else
		request_answer_json(request, status, json_incref(body));
}

void api_answer(struct request *request, json_t *answer)
{
	json_int_t status = json_integer_value(json_object_get(answer, "status"));
	json_t *body = json_object_get(answer, "body");
	const char *next = json_string_value(json_object_get(answer, "next"));
	if (next && !add_next(request, next))
		request_problem(request, 414,
			"the query has no room in the link to what is next: expected a shorter one",
			NULL);
	else if (status < 200 || status > 599)
		request_problem(request, 500, "the database gave no answer", NULL);
	else if (status >= 400)
		tell_problem(request, (unsigned)status, answer);
	else if (status == 204)
		request_answer(request, 204, NULL, NULL);
	else
		tell_row(request, (unsigned)status, body);
	json_decref(answer);
}

static void on_answer(void *arg, const struct reply *reply)
{
	struct request *request = arg;
	json_t *answer = api_reply(request, reply);
	if (answer)
		api_answer(request, answer);
}

/* ---- lists ---- */

static bool is_switch(const char *name, const char *value)
{
	static const char *const names[] = { "is_active", "is_complete", "overdue", "quarantined" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (strcmp(names[i], name) == 0)
			return strcmp(value, "true") == 0 || strcmp(value, "false") == 0;
	}
	return false;
}

/* "2026-01-31T09:00:00 01:00": the plus was sent as it is, and in a query that is a blank.  No other time has one there. */
static json_t *time_of(const char *value)
{
	char *text CLEANUP(mem_cleanup) = mem_strdup(value);
	char *clock = strchr(text, 'T'), *blank = clock ? strrchr(clock, ' ') : NULL;
	if (blank && blank[1] != '\0' && strspn(blank + 1, "0123456789:") == strlen(blank + 1))
		*blank = '+';
	return json_string(text);
}

static bool put_filter(void *arg, const char *name, const char *value)
{
	json_t *filter = arg, *one = NULL;
	char *end;
	long long number = strtoll(value, &end, 10);
	if (strcmp(name, "tag_id") == 0)
		name = "tag";
	if (is_switch(name, value))
		one = json_boolean(*value == 't');
	else if (strcmp(name, "limit") == 0 && *value && *end == '\0')
		one = json_integer(number);
	else
		one = strcmp(name, "due_before") == 0 ? time_of(value) : json_string(value);
	/* What is no UTF-8 is refused as null is. */
	json_object_set_new(filter, name, one ? one : json_null());
	return true;
}

json_t *api_filter(const struct request *request)
{
	json_t *filter = json_object();
	request_each_query(request, put_filter, filter);
	return filter;
}

static void serve_list(struct web *web, struct request *request)
{
	const struct api_call *call = request_route(request)->data;
	json_auto_t *filter = api_filter(request);
	struct api_question question = {
		.function = call->function, .id = request_arg(request, 0), .body = filter
	};
	api_ask(web, request, &question, on_answer, request);
}

/* ---- rows ---- */

json_t *api_body(struct request *request)
{
	const struct strbuf *text = request_body(request);
	json_error_t where;
	/* Some programs put a byte order mark first (RFC 8259, 8.1: it may be passed over). */
	size_t mark = strncmp(text->data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	json_t *body = json_loadb(text->data + mark, text->len - mark,
		JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &where);
	if (body)
		return body;
	char *detail CLEANUP(mem_cleanup) = mem_printf(
		"the body is no JSON: line %d, column %d: %s", where.line, where.column,
		where.text);
	request_problem(request, 400, detail, NULL);
	return NULL;
}

static void serve_row(struct web *web, struct request *request)
{
	const struct api_call *call = request_route(request)->data;
	json_auto_t *body = NULL;
	char *tag CLEANUP(mem_cleanup) = NULL;
	if (call->has_body && !(body = api_body(request)))
		return;
	if (call->matches)
		tag = api_tag_given(request_header(request, "If-Match"));
	struct api_question question = { .function = call->function,
		.id = request_arg(request, 0),
		.body = body,
		.extra = call->matches ? tag : request_header(request, "Idempotency-Key"),
		.writes = call->writes };
	api_ask(web, request, &question, on_answer, request);
}

/* ---- what there is ---- */

/* In the form of migrations/embed.cmake. */
static const struct {
	const char *name, *text;
} embedded[] = {
#define MIGRATION(file, text) { file, text },
#include "openapi.inc"
#undef MIGRATION
};

static void serve_document(struct web *web, struct request *request)
{
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(ANSWER_MAX);
	(void)web;
	strbuf_add_text(&text, embedded[0].text);
	request_answer(request, 200, "application/json", &text);
}

/* ---- addresses ---- */

static const struct api_call task_list = { .function = "task_list" },
			     tag_list = { .function = "tag_list" },
			     template_history = { .function = "template_history" },
			     feed_list = { .function = "feed_list" },
			     task_get = { .function = "task_get" },
			     tag_get = { .function = "tag_get" };

#define CREATE .has_body = true, .writes = true
#define UPDATE CREATE, .matches = true
#define DELETE .writes = true, .matches = true

static const struct api_call tag_create = { .function = "tag_create", CREATE },
			     task_tags = { .function = "task_tags", UPDATE },
			     tag_update = { .function = "tag_update", UPDATE },
			     task_delete = { .function = "task_delete", DELETE },
			     feed_create = { .function = "feed_create", CREATE },
			     feed_revoke = { .function = "feed_revoke", DELETE },
			     tag_delete = { .function = "tag_delete", DELETE },
			     template_delete = { .function = "template_delete", DELETE };

static const struct api_rules_call task_create = { { .function = "task_create", CREATE },
	.due = "due_date" };
static const struct api_rules_call task_update = { { .function = "task_update", UPDATE },
	.due = "due_date" };
static const struct api_rules_call template_list = {
	{ .function = "template_list", .has_body = true }, .shows = true
};
static const struct api_rules_call template_get = { { .function = "template_get" }, .shows = true };
static const struct api_rules_call template_create = { { .function = "template_create", CREATE },
	.shows = true, .due = "next_due_at", .needs_due = true };
static const struct api_rules_call template_update = { { .function = "template_update", UPDATE },
	.shows = true, .due = "next_due_at" };

#define READS   WANTS_USER, ROUTE_CORS
#define WRITES  WANTS_USER, ROUTE_CORS | ROUTE_JSON
#define TASKS   "/api/tasks"
#define TAGS    "/api/tags"
#define SERIES  "/api/recurring-tasks"
#define FEEDS   "/api/calendar-feeds"
#define PREVIEW "/api/rules/preview"

const struct route api_routes[] = {
	{ "GET", TASKS, serve_list, READS, &task_list },
	{ "POST", TASKS, api_rules_write, WRITES, &task_create },
	{ "GET", TASKS "/{id}", serve_row, READS, &task_get },
	{ "PUT", TASKS "/{id}", api_rules_write, WRITES, &task_update },
	{ "PATCH", TASKS "/{id}", api_rules_write, WRITES, &task_update },
	{ "DELETE", TASKS "/{id}", serve_row, READS, &task_delete },
	{ "PUT", TASKS "/{id}/tags", serve_row, WRITES, &task_tags },
	{ "GET", TAGS, serve_list, READS, &tag_list },
	{ "POST", TAGS, serve_row, WRITES, &tag_create },
	{ "GET", TAGS "/{id}", serve_row, READS, &tag_get },
	{ "PUT", TAGS "/{id}", serve_row, WRITES, &tag_update },
	{ "PATCH", TAGS "/{id}", serve_row, WRITES, &tag_update },
	{ "DELETE", TAGS "/{id}", serve_row, READS, &tag_delete },
	{ "GET", SERIES, api_rules_read, READS, &template_list },
	{ "POST", SERIES, api_rules_write, WRITES, &template_create },
	{ "GET", SERIES "/{id}", api_rules_read, READS, &template_get },
	{ "PUT", SERIES "/{id}", api_rules_write, WRITES, &template_update },
	{ "PATCH", SERIES "/{id}", api_rules_write, WRITES, &template_update },
	{ "DELETE", SERIES "/{id}", serve_row, READS, &template_delete },
	{ "GET", SERIES "/{id}/history", serve_list, READS, &template_history },
	{ "GET", SERIES "/{id}/occurrences", api_occurrences, READS, NULL },
	{ "GET", FEEDS, serve_list, READS, &feed_list },
	{ "POST", FEEDS, serve_row, WRITES, &feed_create },
	{ "DELETE", FEEDS "/{id}", serve_row, READS, &feed_revoke },
	{ "GET", "/api/openapi.json", serve_document, WANTS_NOBODY, ROUTE_CORS, NULL },
	{ "GET", PREVIEW, api_rules_try_query, WANTS_ANYONE, ROUTE_CORS, NULL },
	{ "POST", PREVIEW, api_rules_try, WANTS_ANYONE, ROUTE_CORS | ROUTE_JSON, NULL },
	{ 0 },
};
