/* What is known of one template; see the header. */
#include "web/telling.h"

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
#include "web/lists.h"
#include "web/pool.h"

#define DECISIONS_MAX 2000
#define SLICES_MAX    20 /* of a millisecond each: others wait no longer */

enum { TIMESTAMPTZ = 1184, TEXT = 25, INT8 = 20 };

struct telling {
	struct web *web;
	char *id;
	usec_t from, to;
	telling_fn *fn;
	void *arg;
	PGresult *results[TELLING_PARTS];
	enum telling_part part; /* under way */
	/* Where the account has come to. */
	int instance, decision;
	bool named;
};

static void telling_end(struct telling *telling)
{
	for (int i = 0; i < TELLING_PARTS; i++)
		PQclear(telling->results[i]);
	free(telling->id);
	free(telling);
}

const PGresult *telling_part(const struct telling *telling, enum telling_part part)
{
	return telling->results[part];
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
	const PGresult *rows = telling->results[TELLING_INSTANCES];
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
	const PGresult *rows = decisions->telling->results[TELLING_DECISIONS];
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
		.by = decisions->telling->named ? copy(rows, i, 8) : NULL };
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
	const PGresult *rows = telling->results[TELLING_DECISIONS];
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

/* ---- the account ---- */

void telling_hindrance(
	const struct telling *telling, const struct face *face, char *text, size_t size)
{
	const PGresult *row = telling->results[TELLING_ROW];
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

static void forget_names(struct account_change *changes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		changes[i].by = NULL;
}

void telling_account(struct telling *telling, const struct outlook_now *outlook, bool named,
	void (*fn)(void *arg, struct account *account), void *arg)
{
	const PGresult *policies_row = telling->results[TELLING_POLICIES];
	struct plan_policy policy = policy_of_settings(outlook->settings, INT64_MIN);
	struct policies policies;
	struct template template;
	telling->named = named;
	telling->instance = telling->decision = 0;
	template_row_read(telling->results[TELLING_ROW], 0, TEMPLATE_FIRST, &template);
	if (PQntuples(policies_row) == 1 && policies_row_read(policies_row, 0, 0, &policies))
		template.policies = &policies;
	struct account_input input = { .template = &template,
		.policy = &policy,
		.now = outlook->face.now,
		.from = telling->from,
		.to = telling->to,
		.slices_max = SLICES_MAX,
		.next_task = source_task,
		.next_decision = source_decision };
	struct decisions *decisions CLEANUP(mem_cleanup) = decisions_create(
		telling, input.from, input.to);
	input.source = decisions;
	struct account_change *changes CLEANUP(mem_cleanup) = account_changes_read(
		telling->results[TELLING_CHANGES], &input);
	struct account_turn *turns CLEANUP(mem_cleanup) = account_turns_read(
		telling->results[TELLING_TURNS], &input);
	(void)turns;
	if (!named)
		forget_names(changes, input.changes_n);
	struct account *account CLEANUP(account_cleanup) = account_open(&input);
	fn(arg, account);
}

/* ---- one question after the other ---- */

static void fill(const struct telling *telling, struct params *params)
{
	if (telling->part == TELLING_ROW)
		params_text(params, "id");
	params_utf8(params, telling->id);
	switch (telling->part) {
	case TELLING_ROW:
	case TELLING_DECISIONS:
		params_int4(params, telling->part == TELLING_ROW ? 1 : DECISIONS_MAX);
		params_null(params, TIMESTAMPTZ);
		params_null(params, telling->part == TELLING_ROW ? TEXT : INT8);
		break;
	case TELLING_INSTANCES:
		params_instant(params, telling->from);
		params_instant(params, telling->to);
		break;
	case TELLING_CHANGES:
		params_int8(params, ACCOUNT_CHANGES_MAX);
		break;
	case TELLING_TURNS:
		params_int8(params, ACCOUNT_TURNS_MAX);
		break;
	default:
		break;
	}
}

static void ask(struct telling *telling);

static void on_part(void *arg, const struct reply *reply)
{
	struct telling *telling = arg;
	if (reply->status == REPLY_OK)
		telling->results[telling->part] = reply_take(reply, 0);
	bool none = telling->part == TELLING_ROW && reply->status == REPLY_OK &&
		    PQntuples(telling->results[TELLING_ROW]) == 0;
	if (reply->status == REPLY_OK && !none && ++telling->part < TELLING_PARTS) {
		ask(telling);
		return;
	}
	telling->fn(telling->arg, telling, reply->status == REPLY_OK ? NULL : reply);
	telling_end(telling);
}

static void ask(struct telling *telling)
{
	static const enum query_id queries[] = { QUERY_WEB_TEMPLATES, QUERY_WEB_INSTANCES,
		QUERY_WEB_DECISIONS, QUERY_WEB_CHANGES, QUERY_WEB_TURNS, QUERY_WEB_POLICIES };
	struct params params CLEANUP(params_free);
	params_init(&params);
	fill(telling, &params);
	pool_ask(telling->web->pool, queries[telling->part], &params, on_part, telling);
}

void telling_ask(struct web *web, const char *id, usec_t from, usec_t to, telling_fn *fn, void *arg)
{
	struct telling *telling = mem_alloc(sizeof(*telling));
	*telling = (struct telling){
		.web = web, .id = mem_strdup(id), .from = from, .to = to, .fn = fn, .arg = arg
	};
	ask(telling);
}
