/* What of the REST interface has a rule in it: tasks and templates that are written, templates that are shown, and rules
 * that are tried.  The database says first what rules of this user are read by. */
#include "web/api_rules.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "web/auth.h"
#include "web/pool.h"
#include "web/routes.h"
#include "web/rules.h"

#define NEXT_SHOWN 5

struct errand {
	struct web *web;
	struct request *request;
	const struct api_rules_call *call;
	json_t *body; /* or filter; NULL: none */
	json_t *settings;
	struct typed_ground ground; /* by settings */
	void (*then)(struct errand *errand);
};

static void errand_free(struct errand *errand)
{
	json_decref(errand->body);
	json_decref(errand->settings);
	free(errand);
}

/* ---- what rules are read by ---- */

static void on_settings(void *arg, const struct reply *reply)
{
	struct errand *errand = arg;
	json_auto_t *answer = api_reply(errand->request, reply);
	struct err err;
	if (!answer) {
		errand_free(errand);
		return;
	}
	errand->settings = json_incref(json_object_get(answer, "body"));
	if (!rules_ground(errand->settings, &errand->ground, &err)) {
		request_unavailable(errand->request, 30, err.text);
		errand_free(errand);
		return;
	}
	errand->then(errand);
}

static void begin(
	struct web *web, struct request *request, json_t *body, void (*then)(struct errand *errand))
{
	struct errand *errand = mem_alloc(sizeof(*errand));
	errand->web = web;
	errand->request = request;
	errand->call = request_route(request)->data;
	errand->body = body;
	errand->then = then;
	struct api_question question = { .function = "settings" };
	api_ask(web, request, &question, on_settings, errand);
}

/* ---- templates as they are shown ---- */

static void on_answer(void *arg, const struct reply *reply)
{
	struct errand *errand = arg;
	json_t *answer = api_reply(errand->request, reply);
	json_t *body = json_object_get(answer, "body");
	if (errand->call->shows && json_is_object(body))
		rules_show(&errand->ground, body, NEXT_SHOWN);
	for (size_t i = 0; errand->call->shows && i < json_array_size(body); i++)
		rules_show(&errand->ground, json_array_get(body, i), NEXT_SHOWN);
	if (answer)
		api_answer(errand->request, answer);
	errand_free(errand);
}

static void ask(struct errand *errand)
{
	const struct api_call *call = &errand->call->call;
	char *tag CLEANUP(mem_cleanup) = call->matches ? api_tag_given(request_header(
								 errand->request, "If-Match"))
						       : NULL;
	struct api_question question = { .function = call->function,
		.id = request_arg(errand->request, 0),
		.body = errand->body,
		.extra = call->matches  ? tag
			 : call->writes ? request_header(errand->request, "Idempotency-Key")
					: NULL,
		.writes = call->writes };
	api_ask(errand->web, errand->request, &question, on_answer, errand);
}

void api_rules_read(struct web *web, struct request *request)
{
	const struct api_rules_call *call = request_route(request)->data;
	begin(web, request, call->call.has_body ? api_filter(request) : NULL, ask);
}

/* ---- what is written ---- */

static void check_and_ask(struct errand *errand)
{
	json_t *wrong = rules_take(
		&errand->ground, errand->body, errand->call->due, errand->call->needs_due);
	if (wrong) {
		request_problem(
			errand->request, 422, "the rule is none that can be followed", wrong);
		errand_free(errand);
		return;
	}
	ask(errand);
}

void api_rules_write(struct web *web, struct request *request)
{
	json_t *body = api_body(request);
	if (body)
		begin(web, request, body, check_and_ask);
}

/* ---- rules that are tried ---- */

static void try_rule(struct errand *errand)
{
	json_t *wrong = NULL;
	json_t *shown = rules_preview(&errand->ground, errand->body, &wrong);
	if (shown)
		request_answer_json(errand->request, 200, shown);
	else
		request_problem(
			errand->request, 422, "the rule is none that can be followed", wrong);
	errand_free(errand);
}

void api_rules_try(struct web *web, struct request *request)
{
	json_t *body = api_body(request);
	if (body)
		begin(web, request, body, try_rule);
}

static bool put_question(void *arg, const char *name, const char *value)
{
	json_t *one = NULL;
	char *end;
	long number = strtol(value, &end, 10);
	if (strcmp(name, "n") == 0 && *value && *end == '\0')
		one = json_integer(number);
	else
		one = json_string(value);
	json_object_set_new(arg, name, one ? one : json_null());
	return true;
}

/* As a form's, or a link's: ?rule=...&start=...&zone=... */
void api_rules_try_query(struct web *web, struct request *request)
{
	json_t *question = json_object();
	request_each_query(request, put_question, question);
	begin(web, request, question, try_rule);
}
