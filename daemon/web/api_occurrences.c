/* What became of each occurrence of one's template, what is to come, and why: the account that recurctl explain and the
 * operators' page have, without the names of others. */
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/timefmt.h"
#include "web/api_rules.h"
#include "web/pages.h"
#include "web/routes.h"
#include "web/story.h"
#include "web/telling.h"

#define ROWS_MAX 500
#define SPAN_MAX (400 * 86400 * USEC_PER_SEC)

struct question {
	struct web *web;
	struct request *request;
	usec_t from, to;
	bool has_from, has_to;
	/* Of the answer. */
	struct face face;
	const char *hindrance;
	json_t *rows;
	usec_t next; /* where more begins; INSTANT_NONE: that was all */
};

static void question_free(struct question *question)
{
	json_decref(question->rows);
	free(question);
}

/* ---- one occurrence ---- */

static json_t *instant(usec_t at)
{
	char text[INSTANT_TEXT_MAX];
	return at == INSTANT_NONE ? json_null() : json_string(instant_format(at, text));
}

/* A text of the database's may be no UTF-8. */
static json_t *text_or_null(const char *text)
{
	json_t *value = text ? json_string(text) : NULL;
	return value ? value : json_null();
}

static json_t *show(const struct question *question, const struct account_entry *entry)
{
	struct strbuf why CLEANUP(strbuf_free) = STRBUF(4096);
	const struct account_task *task = entry->task;
	const struct account_decision *decision = entry->decision;
	story_why(&why, &question->face, entry, question->hindrance);
	json_t *row = json_object();
	json_object_set_new(row, "occurrence_at", instant(entry->nominal));
	json_object_set_new(row, "verdict", json_string(account_verdict_name(entry->verdict)));
	json_object_set_new(row, "occurrences", json_integer(entry->number));
	json_object_set_new(row, "due_at", instant(entry->due));
	json_object_set_new(row, "task_id", text_or_null(task ? task->id : NULL));
	json_object_set_new(row, "is_complete", task ? json_boolean(task->complete) : json_null());
	json_object_set_new(row, "kind", text_or_null(decision ? decision->kind : NULL));
	json_object_set_new(row, "decided_at", decision ? instant(decision->at) : json_null());
	json_object_set_new(row, "why", text_or_null(why.data));
	return row;
}

static void collect(void *arg, struct account *account)
{
	struct question *question = arg;
	struct account_entry entry;
	while (account_next(account, &entry)) {
		if (json_array_size(question->rows) == ROWS_MAX) {
			question->next = entry.nominal;
			return;
		}
		json_array_append_new(question->rows, show(question, &entry));
	}
}

/* ---- step by step ---- */

static void add_next(struct question *question)
{
	char from[INSTANT_TEXT_MAX], to[INSTANT_TEXT_MAX];
	char *link CLEANUP(mem_cleanup) = mem_printf("<%s?from=%s&to=%s>; rel=\"next\"",
		request_path(question->request), instant_format(question->next, from),
		instant_format(question->to, to));
	request_header_add(question->request, "Link", link);
}

static void told(void *arg, struct telling *telling, const struct reply *failed)
{
	struct question *question = arg;
	struct outlook_now outlook = board_outlook(question->web->board);
	char hindrance[160];
	if (failed) {
		request_unavailable(question->request, 2,
			"the database does not answer; the same may work in a moment");
	} else if (PQntuples(telling_part(telling, TELLING_ROW)) == 0) {
		request_problem(question->request, 404, "there is no such template", NULL);
	} else {
		question->face = outlook.face;
		telling_hindrance(telling, &outlook.face, hindrance, sizeof(hindrance));
		question->hindrance = *hindrance ? hindrance : NULL;
		telling_account(telling, &outlook, false, collect, question);
		if (question->next != INSTANT_NONE)
			add_next(question);
		request_answer_json(question->request, 200, json_incref(question->rows));
	}
	question_free(question);
}

static void refuse(struct question *question, const char *pointer, const char *detail)
{
	request_problem(question->request, 422, "a span cannot be looked at by that",
		json_pack("[{ss ss}]", "pointer", pointer, "detail", detail));
	question_free(question);
}

static void ready(void *arg, struct board *board)
{
	struct question *question = arg;
	usec_t now = board_outlook(board).face.now;
	if (!question->has_from)
		question->from = question->has_to ? question->to - STORY_BEFORE
						  : now - STORY_BEFORE;
	if (!question->has_to)
		question->to = question->from + STORY_BEFORE + STORY_AFTER;
	if (question->to < question->from || question->to - question->from > SPAN_MAX)
		refuse(question, "/to", "expected an instant after from, at most 400 days");
	else
		telling_ask(question->web, request_arg(question->request, 0), question->from,
			question->to, told, question);
}

/* Whose it is decides whether it is there. */
static void on_template(void *arg, const struct reply *reply)
{
	struct question *question = arg;
	json_t *answer = api_reply(question->request, reply);
	if (!answer) {
		question_free(question);
	} else if (json_integer_value(json_object_get(answer, "status")) != 200) {
		api_answer(question->request, answer);
		question_free(question);
	} else {
		json_decref(answer);
		board_want(board_of(question->web), ready, question);
	}
}

/* Years that a span of days can be added to. */
static bool take(const struct request *request, const char *name, usec_t *ret_at, bool *ret_has)
{
	const char *text = request_query(request, name);
	usec_t far = INT64_MAX / 4;
	*ret_has = text != NULL;
	return !text || (instant_parse(text, ret_at, NULL) && *ret_at<far && * ret_at> - far);
}

void api_occurrences(struct web *web, struct request *request)
{
	static const char expected[] = "expected an instant such as 2027-01-31T09:00:00Z";
	struct question *question = mem_alloc(sizeof(*question));
	*question = (struct question){
		.web = web, .request = request, .rows = json_array(), .next = INSTANT_NONE
	};
	struct api_question whose = { .function = "template_get", .id = request_arg(request, 0) };
	if (!take(request, "from", &question->from, &question->has_from))
		refuse(question, "/from", expected);
	else if (!take(request, "to", &question->to, &question->has_to))
		refuse(question, "/to", expected);
	else
		api_ask(web, request, &whose, on_template, question);
}
