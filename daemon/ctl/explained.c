/* Streams for an account; see the header. */
#include "ctl/explained.h"

#include <stdlib.h>

#include "db/params.h"
#include "db/rows.h"
#include "db/shape.h"
#include "plan/account_row.h"
#include "util/mem.h"

/* ---- cursors ---- */

/* false: there is no further row, or the next ones cannot be had. */
static bool advance(struct explained *explained, struct explained_rows *rows, enum query_id open,
	enum query_id fetch)
{
	struct err err;
	if (rows->rows && ++rows->row < PQntuples(rows->rows))
		return true;
	ctl_clear(&rows->rows);
	if (rows->over || explained->code != EX_OK)
		return false;
	explained->code = ctl_query(explained->ctl, fetch, NULL, &rows->rows);
	if (explained->code == EX_OK && !shape_check(open, rows->rows, &err))
		explained->code = ctl_error(EX_CONFIG,
			"the database does not answer as expected: %s; what recurd needs says: "
			"recurctl migrate verify",
			err.text);
	rows->row = 0;
	rows->over = explained->code != EX_OK || PQntuples(rows->rows) == 0;
	return !rows->over;
}

static char *copy(const PGresult *rows, int row, int column)
{
	const char *text = row_text(rows, row, column);
	return text ? mem_strdup(text) : NULL;
}

static usec_t instant(const PGresult *rows, int row, int column)
{
	return row_is_null(rows, row, column) ? INSTANT_NONE : row_instant(rows, row, column);
}

static bool next_task(void *source, struct account_task *ret_task)
{
	struct explained *explained = source;
	struct explained_rows *r = &explained->tasks;
	if (!advance(explained, r, QUERY_CTL_EXPLAIN_TASKS_OPEN, QUERY_CTL_EXPLAIN_TASKS))
		return false;
	*ret_task = (struct account_task){ .id = copy(r->rows, r->row, 0),
		.occurrence = instant(r->rows, r->row, 1),
		.due = instant(r->rows, r->row, 2),
		.created = row_is_null(r->rows, r->row, 3) ? INSTANT_NONE
							   : row_int8(r->rows, r->row, 3),
		.complete = row_bool(r->rows, r->row, 4) };
	return true;
}

static bool next_decision(void *source, struct account_decision *ret_decision)
{
	struct explained *explained = source;
	struct explained_rows *r = &explained->decisions;
	if (!advance(explained, r, QUERY_CTL_EXPLAIN_DECISIONS_OPEN, QUERY_CTL_EXPLAIN_DECISIONS))
		return false;
	*ret_decision = (struct account_decision){ .kind = copy(r->rows, r->row, 0),
		.first = instant(r->rows, r->row, 1),
		.last = instant(r->rows, r->row, 2),
		.at = instant(r->rows, r->row, 3),
		.number = row_int8(r->rows, r->row, 4),
		.detail = copy(r->rows, r->row, 5),
		.by = copy(r->rows, r->row, 6) };
	return true;
}

static int open_cursor(struct ctl *ctl, enum query_id open, const char *template_id,
	const struct account_input *input)
{
	PGresult *opened CLEANUP(ctl_clear) = NULL;
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_text(&params, template_id);
	params_instant(&params, input->from);
	params_instant(&params, input->to);
	return ctl_query(ctl, open, &params, &opened);
}

/* ---- what the series went by ---- */

static int query_newest(struct ctl *ctl, enum query_id query, const char *template_id, int64_t n,
	PGresult **ret_rows)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_text(&params, template_id);
	params_int8(&params, n);
	return ctl_query(ctl, query, &params, ret_rows);
}

int explained_open(struct ctl *ctl, const char *template_id, struct account_input *input,
	struct explained *ret_explained)
{
	*ret_explained = (struct explained){ .ctl = ctl, .code = EX_OK };
	int code = open_cursor(ctl, QUERY_CTL_EXPLAIN_TASKS_OPEN, template_id, input);
	if (code == EX_OK)
		code = open_cursor(ctl, QUERY_CTL_EXPLAIN_DECISIONS_OPEN, template_id, input);
	if (code == EX_OK)
		code = query_newest(ctl, QUERY_CTL_EXPLAIN_CHANGES, template_id,
			ACCOUNT_CHANGES_MAX, &ret_explained->changes);
	if (code == EX_OK)
		code = query_newest(ctl, QUERY_CTL_EXPLAIN_TURNS, template_id, ACCOUNT_TURNS_MAX,
			&ret_explained->turns);
	if (code != EX_OK)
		return code;
	ret_explained->change_list = account_changes_read(ret_explained->changes, input);
	ret_explained->turn_list = account_turns_read(ret_explained->turns, input);
	input->next_task = next_task;
	input->next_decision = next_decision;
	input->source = ret_explained;
	return EX_OK;
}

void explained_finish(struct explained *explained)
{
	ctl_clear(&explained->tasks.rows);
	ctl_clear(&explained->decisions.rows);
	ctl_clear(&explained->changes);
	ctl_clear(&explained->turns);
	free(explained->change_list);
	free(explained->turn_list);
}
