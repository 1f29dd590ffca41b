/* Asking the functions for applications; see ctl/cmd/verb.h. */
#include <stdlib.h>
#include <string.h>

#include "ctl/cmd/verb.h"
#include "db/params.h"
#include "util/mem.h"

void verb_drop(json_t **json)
{
	json_decref(*json);
	*json = NULL;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

/* "that is no task: priority: expected ..., got 3; due_date: ..." */
static int tell_problem(const json_t *answer, int64_t status)
{
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(ERR_TEXT_MAX * 4);
	const json_t *problem;
	size_t i;
	strbuf_add_text(&text, text_of(answer, "detail"));
	json_array_foreach(json_object_get(answer, "errors"), i, problem)
	{
		const char *pointer = text_of(problem, "pointer");
		strbuf_addf(&text, "%s%s%s%s", i == 0 ? ": " : "; ", pointer + (*pointer == '/'),
			*pointer ? ": " : "", text_of(problem, "detail"));
	}
	return ctl_error(status == 503 ? EX_CONFIG : EX_DATAERR, "%s", text.data);
}

static int ask(const struct request *request, const char *function, const char *body,
	const char *extra, json_t **ret_answer)
{
	PGresult *result CLEANUP(ctl_clear) = NULL;
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_text(&params, function);
	params_text(&params, request->user);
	params_text(&params, request->id);
	params_text(&params, body);
	params_text(&params, extra);
	int code = ctl_query(request->ctl, QUERY_API_CALL, &params, &result);
	if (code != EX_OK)
		return code;
	const char *answer = row_text(result, 0, 0);
	*ret_answer = answer ? json_loads(answer, 0, NULL) : NULL;
	return *ret_answer ? EX_OK : ctl_error(EX_SOFTWARE, "recurd.api_%s gave no JSON", function);
}

int verb_call(const struct request *request, const char *function, const json_t *body,
	const char *extra, json_t **ret_answer)
{
	json_t *answer CLEANUP(verb_drop) = NULL;
	char *text CLEANUP(mem_cleanup) = body ? json_dumps(body, JSON_COMPACT) : NULL;
	int code = ask(request, function, text, extra, &answer);
	if (code != EX_OK)
		return code;
	int64_t status = json_integer_value(json_object_get(answer, "status"));
	if (status < 200 || status >= 400)
		return tell_problem(answer, status);
	*ret_answer = json_incref(answer);
	return EX_OK;
}

#define TAGS_PAGE 500

/* Takes the ids of what is in the page and still wanted; ids have the place of their names. */
static void take_page(const json_t *page, const json_t *names, json_t *ids)
{
	const json_t *tag, *name;
	size_t i, k;
	json_array_foreach(page, i, tag)
	{
		json_array_foreach(names, k, name)
		{
			bool is_id = json_equal(json_object_get(tag, "id"), name);
			if (is_id || (json_equal(json_object_get(tag, "name"), name) &&
					     json_is_null(json_array_get(ids, k))))
				json_array_set(ids, k, json_object_get(tag, "id"));
		}
	}
}

int verb_find_tags(const struct request *request, json_t **ret_ids)
{
	json_t *ids CLEANUP(verb_drop) = json_array();
	json_t *filter CLEANUP(verb_drop) = json_pack("{si}", "limit", TAGS_PAGE);
	for (size_t i = 0; i < json_array_size(request->tags); i++)
		json_array_append_new(ids, json_null());
	for (bool more = json_array_size(request->tags) > 0; more;) {
		json_t *answer CLEANUP(verb_drop) = NULL;
		int code = verb_call(request, "tag_list", filter, NULL, &answer);
		if (code != EX_OK)
			return code;
		take_page(json_object_get(answer, "body"), request->tags, ids);
		json_t *next = json_object_get(answer, "next");
		more = next != NULL;
		if (more)
			json_object_set(filter, "cursor", next);
	}
	for (size_t i = 0; i < json_array_size(request->tags); i++) {
		const json_t *name = json_array_get(request->tags, i);
		if (json_is_null(json_array_get(ids, i)))
			return ctl_error(EX_DATAERR,
				"user %s has no tag \"%s\"; to make it: recurctl tag create --user "
				"%s %s",
				request->user, json_string_value(name), request->user,
				json_string_value(name));
	}
	*ret_ids = json_incref(ids);
	return EX_OK;
}
