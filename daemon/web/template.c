/* The page of one template: its row, its instances and what was decided, then their story. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/params.h"
#include "db/rows.h"
#include "look/rows_read.h"
#include "plan/account_row.h"
#include "plan/policy_settings.h"
#include "plan/template_row.h"
#include "util/mem.h"
#include "web/pages.h"
#include "web/place.h"
#include "web/pool.h"
#include "web/story.h"

#define DECISIONS_MAX 2000
#define SLICES_MAX    20 /* of a millisecond each: others wait no longer */

enum { TIMESTAMPTZ = 1184, TEXT = 25, INT8 = 20 };
enum step {
	STEP_ROW,
	STEP_INSTANCES,
	STEP_DECISIONS,
	STEP_CHANGES,
	STEP_TURNS,
	STEP_POLICIES,
	STEPS
};

struct telling {
	struct visit visit;
	PGresult *results[STEPS];
	enum step step;
	/* Where the account has come to. */
	int instance, decision;
};

static void telling_end(struct telling *telling)
{
	for (int i = 0; i < STEPS; i++)
		PQclear(telling->results[i]);
	free(telling);
}

/* ---- what the account goes through ---- */

static char *copy(const PGresult *result, int row, int column)
{
	return row_is_null(result, row, column) ? NULL : mem_strdup(row_text(result, row, column));
}

static usec_t instant(const PGresult *result, int row, int column)
{
	return row_is_null(result, row, column) ? INSTANT_NONE : row_instant(result, row, column);
}

static bool next_task(void *source, struct account_task *ret_task)
{
	struct telling *telling = source;
	const PGresult *rows = telling->results[STEP_INSTANCES];
	int i = telling->instance;
	if (i >= PQntuples(rows))
		return false;
	*ret_task = (struct account_task){ .id = copy(rows, i, 0),
		.occurrence = instant(rows, i, 1),
		.due = instant(rows, i, 2),
		.created = row_is_null(rows, i, 3) ? INSTANT_NONE : row_int8(rows, i, 3),
		.complete = row_bool(rows, i, 4) };
	telling->instance++;
	return true;
}

/* Those that concern the template as a whole are no account of an occurrence. */
static bool is_of_occurrences(const PGresult *rows, int i)
{
	static const char *const whole[] = { "ended", "extended", "quarantined", "retried",
		"rezoned" };
	for (size_t k = 0; k < ARRAY_LEN(whole); k++)
		if (strcmp(row_text(rows, i, 2), whole[k]) == 0)
			return false;
	return !row_is_null(rows, i, 4);
}

struct order {
	usec_t first;
	int row;
};

static int compare(const void *a, const void *b)
{
	const struct order *left = a, *right = b;
	if (left->first != right->first)
		return left->first < right->first ? -1 : 1;
	return right->row - left->row; /* the newest come first in the result */
}

struct decisions {
	struct telling *telling;
	struct order list[DECISIONS_MAX];
	int n;
};

static bool next_decision(struct decisions *decisions, struct account_decision *ret_decision)
{
	const PGresult *rows = decisions->telling->results[STEP_DECISIONS];
	if (decisions->telling->decision >= decisions->n)
		return false;
	int i = decisions->list[decisions->telling->decision++].row;
	usec_t first = instant(rows, i, 4), last = instant(rows, i, 5);
	int64_t n = row_is_null(rows, i, 6) ? 1 : row_int8(rows, i, 6);
	*ret_decision = (struct account_decision){ .kind = copy(rows, i, 2),
		.first = first,
		.last = last == INSTANT_NONE ? first : last,
		.at = instant(rows, i, 1),
		.number = n < 0               ? 0
			  : n > 1000000000000 ? 1000000000000
					      : n,
		.detail = copy(rows, i, 7),
		.by = copy(rows, i, 8) };
	return true;
}

static bool source_task(void *source, struct account_task *ret_task)
{
	struct decisions *decisions = source;
	return next_task(decisions->telling, ret_task);
}

static bool source_decision(void *source, struct account_decision *ret_decision)
{
	return next_decision(source, ret_decision);
}

static struct decisions *decisions_create(struct telling *telling, usec_t from, usec_t to)
{
	const PGresult *rows = telling->results[STEP_DECISIONS];
	struct decisions *decisions = mem_alloc(sizeof(*decisions));
	decisions->telling = telling;
	for (int i = 0; i < PQntuples(rows) && decisions->n < DECISIONS_MAX; i++) {
		usec_t first = instant(rows, i, 4), last = instant(rows, i, 5);
		if (is_of_occurrences(rows, i) && first <= to &&
			(last == INSTANT_NONE ? first : last) >= from)
			decisions->list[decisions->n++] = (struct order){ first, i };
	}
	qsort(decisions->list, (size_t)decisions->n, sizeof(decisions->list[0]), compare);
	return decisions;
}

/* ---- the page ---- */

static void find_hindrance(const PGresult *row, const struct face *face, char *text, size_t size)
{
	char at[SHOW_TEXT_MAX];
	const char *state = template_state(row, 0);
	*text = '\0';
	if (strcmp(state, "quarantined") == 0)
		snprintf(text, size, "in quarantine since %s",
			show_instant(face, row_instant(row, 0, TEMPLATE_FAILED_AT), at));
	else if (strcmp(state, "ended") == 0)
		snprintf(text, size, "the rule has ended");
	else if (strcmp(state, "paused") == 0)
		snprintf(text, size, "paused: it is not made unless that ends before");
}

static void show_facts(
	struct strbuf *out, struct texts *texts, const PGresult *row, const struct face *face)
{
	char due[SHOW_TEXT_MAX], in[SHOW_TEXT_MAX];
	usec_t next = instant(row, 0, TEMPLATE_FIRST + 3);
	usec_t starts = row_is_null(row, 0, TEMPLATE_FIRST + 4)
				? INSTANT_NONE
				: row_wall_us(row, 0, TEMPLATE_FIRST + 4);
	struct strbuf words CLEANUP(strbuf_free) = STRBUF(4096);
	const char *rule = texts_cell(texts, row, 0, TEMPLATE_FIRST + 2);
	const char *zone = texts_cell(texts, row, 0, TEMPLATE_FIRST + 5);
	const char *failure = texts_cell(texts, row, 0, TEMPLATE_FAILURE);
	rule_words(rule, starts, &words);
	if (words.len > 0)
		FILL(out, FRAGMENT_SENTENCE, { "sentence", words.data });
	FILL(out, FRAGMENT_TEMPLATE_FACTS, { "id", texts_cell(texts, row, 0, TEMPLATE_FIRST) },
		{ "user", texts_cell(texts, row, 0, TEMPLATE_FIRST + 1) },
		{ "next", show_whole(face, next, due) }, { "in", show_distance(face, next, in) },
		{ "zone", zone ? zone : texts_cell(texts, row, 0, TEMPLATE_ZONE) });
	if (failure)
		FILL(out, FRAGMENT_RULE_PROBLEM, { "reason", failure });
	if (rule && failure)
		place_show(out, rule, failure);
	else if (rule)
		FILL(out, FRAGMENT_RULE_FORMS, { "json", rule }, { "lines", NULL });
}

static void show_title(struct strbuf *out, struct texts *texts, const PGresult *row, bool titles)
{
	const char *title = titles ? texts_cell(texts, row, 0, TEMPLATE_TITLE) : NULL;
	strbuf_add_text(out, "<h1>");
	fill_text(out, title && *title ? title : texts_cell(texts, row, 0, TEMPLATE_FIRST));
	strbuf_add_char(out, ' ');
	template_tag(out, template_state(row, 0));
	strbuf_add_text(out, "</h1>\n");
}

static void show_story(struct strbuf *out, struct telling *telling, const struct face *face)
{
	struct outlook_now outlook = board_outlook(telling->visit.web->board);
	const PGresult *row = telling->results[STEP_ROW];
	struct plan_policy policy = policy_of_settings(outlook.settings, INT64_MIN);
	struct policies policies;
	struct template template;
	char hindrance[160];
	template_row_read(row, 0, TEMPLATE_FIRST, &template);
	if (PQntuples(telling->results[STEP_POLICIES]) == 1 &&
		policies_row_read(telling->results[STEP_POLICIES], 0, 0, &policies))
		template.policies = &policies;
	find_hindrance(row, face, hindrance, sizeof(hindrance));
	struct account_input input = { .template = &template,
		.policy = &policy,
		.now = face->now,
		.from = face->now - STORY_BEFORE,
		.to = face->now + STORY_AFTER,
		.slices_max = SLICES_MAX,
		.next_task = source_task,
		.next_decision = source_decision };
	struct decisions *decisions CLEANUP(mem_cleanup) = decisions_create(
		telling, input.from, input.to);
	input.source = decisions;
	struct account_change *changes CLEANUP(mem_cleanup) = account_changes_read(
		telling->results[STEP_CHANGES], &input);
	struct account_turn *turns CLEANUP(mem_cleanup) = account_turns_read(
		telling->results[STEP_TURNS], &input);
	struct account *account CLEANUP(account_cleanup) = account_open(&input);
	story_show(out, face, account, *hindrance ? hindrance : NULL);
}

static void tell(struct telling *telling)
{
	struct strbuf out CLEANUP(strbuf_free) = STRBUF(PAGE_MAX);
	struct texts texts = { 0 };
	struct page page = board_frame(telling->visit.web->board, "Template – recurd", "templates");
	const PGresult *row = telling->results[STEP_ROW];
	page_begin(&out, &page);
	show_title(&out, &texts, row, visit_sees_titles(&telling->visit));
	show_facts(&out, &texts, row, &page.face);
	template_policies(&out, &texts, telling->results[STEP_POLICIES]);
	if (telling->visit.web->conf->actions)
		show_actions(
			&out, template_state(row, 0), texts_cell(&texts, row, 0, TEMPLATE_FIRST));
	show_story(&out, telling, &page.face);
	template_changes(&out, &texts, &page.face, telling->results[STEP_CHANGES]);
	template_turns(&out, &texts, &page.face, telling->results[STEP_TURNS]);
	page_end(&out, &page);
	visit_answer(telling->visit.request, 200, &out);
	texts_free(&texts);
}

/* ---- step by step ---- */

static void ask(struct telling *telling);

static void on_step(void *arg, const struct reply *reply)
{
	struct telling *telling = arg;
	if (reply->status != REPLY_OK) {
		visit_fail(&telling->visit, reply);
		telling_end(telling);
		return;
	}
	telling->results[telling->step] = reply_take(reply, 0);
	if (telling->step == STEP_ROW && PQntuples(telling->results[STEP_ROW]) == 0) {
		request_problem(
			telling->visit.request, 404, "there is no template of that id", NULL);
		telling_end(telling);
	} else if (++telling->step == STEPS) {
		tell(telling);
		telling_end(telling);
	} else {
		ask(telling);
	}
}

static void fill(const struct telling *telling, struct params *params)
{
	usec_t now = board_outlook(telling->visit.web->board).face.now;
	if (telling->step == STEP_ROW)
		params_text(params, "id");
	params_utf8(params, request_query(telling->visit.request, "id"));
	switch (telling->step) {
	case STEP_ROW:
	case STEP_DECISIONS:
		params_int4(params, telling->step == STEP_ROW ? 1 : DECISIONS_MAX);
		params_null(params, TIMESTAMPTZ);
		params_null(params, telling->step == STEP_ROW ? TEXT : INT8);
		break;
	case STEP_INSTANCES:
		params_instant(params, now - STORY_BEFORE);
		params_instant(params, now + STORY_AFTER);
		break;
	case STEP_CHANGES:
		params_int8(params, ACCOUNT_CHANGES_MAX);
		break;
	case STEP_TURNS:
		params_int8(params, ACCOUNT_TURNS_MAX);
		break;
	default:
		break;
	}
}

static void ask(struct telling *telling)
{
	static const enum query_id queries[] = { QUERY_WEB_TEMPLATES, QUERY_WEB_INSTANCES,
		QUERY_WEB_DECISIONS, QUERY_WEB_CHANGES, QUERY_WEB_TURNS, QUERY_WEB_POLICIES };
	struct params params CLEANUP(params_free);
	params_init(&params);
	fill(telling, &params);
	pool_ask(telling->visit.web->pool, queries[telling->step], &params, on_step, telling);
}

static void ready(void *arg, struct board *board)
{
	(void)board;
	ask(arg);
}

void serve_template(struct web *web, struct request *request)
{
	const char *id = request_query(request, "id");
	if (!id || !*id) {
		request_problem(request, 404, "which one? template?id=... names it", NULL);
		return;
	}
	struct telling *telling = mem_alloc(sizeof(*telling));
	telling->visit = (struct visit){ web, request, AUDIENCE_OPERATOR, NULL };
	board_want(board_of(web), ready, telling);
}
