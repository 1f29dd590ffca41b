/* Reminders of tasks, as tables; see the header. */
#include <stdio.h>

#include "ctl/cmd/remind.h"
#include "db/rows.h"
#include "util/mem.h"

#define REMINDERS_MAX 100

static const struct column columns[] = {
	{ "id", "ID", COLUMN_ID },
	{ "task_id", "TASK", COLUMN_JSON_ONLY | COLUMN_ID },
	{ "remind_at", "AT", 0 },
	{ "before_seconds", "BEFORE", COLUMN_SPAN | COLUMN_RIGHT },
	{ "pending", "PENDING", 0 },
	{ "reminded_at", "HANDLED", 0 },
	{ "source", "SOURCE", 0 },
	{ "created_by", "BY", 0 },
	{ "title", "TITLE", COLUMN_JSON_ONLY },
};

int reminders_query(struct ctl *ctl, const char *task, PGresult **ret_result)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_text(&params, task);
	params_int8(&params, REMINDERS_MAX);
	return ctl_query(ctl, QUERY_CTL_REMINDERS, &params, ret_result);
}

struct table *reminders_table(const struct ctl *ctl)
{
	return table_begin(stdout, ctl->json, columns, ARRAY_LEN(columns));
}

/* The record has its own one already, as remind_at. */
void reminders_print(struct table *record, const PGresult *reminders, bool json)
{
	int first = PQntuples(reminders) > 0 && row_is_null(reminders, 0, 0);
	if (!json && PQntuples(reminders) == first)
		return;
	struct table *table = record_nest(
		record, "reminders", "reminders", columns, ARRAY_LEN(columns));
	for (int row = first; row < PQntuples(reminders); row++)
		table_row(table, reminders, row);
	table_end(table, "none");
}

struct listing {
	struct table *table;
	int64_t left; /* rows that may still be printed */
	bool any, cut;
};

static bool take_row(void *context, const PGresult *result, int row)
{
	struct listing *listing = context;
	listing->any = true;
	listing->cut = listing->left == 0;
	if (listing->cut)
		return false;
	listing->left--;
	table_row(listing->table, result, row);
	return true;
}

static int stream(struct ctl *ctl, const char *user, int64_t number, struct listing *listing)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_text(&params, user);
	/* One more than is printed tells whether there are more. */
	params_int8(&params, number > 0 ? number + 1 : INT64_MAX);
	return ctl_stream(ctl, QUERY_CTL_REMINDERS_OPEN, &params, number > 0, take_row, listing);
}

int reminders_list(struct ctl *ctl, const char *user, int64_t number)
{
	static const struct column all[] = {
		{ "id", "ID", COLUMN_ID },
		{ "task_id", "TASK", COLUMN_ID },
		{ "user_id", "USER", COLUMN_ID },
		{ "remind_at", "AT", 0 },
		{ "before_seconds", "BEFORE", COLUMN_SPAN | COLUMN_RIGHT },
		{ "overdue", "OVERDUE", 0 },
		{ "source", "SOURCE", 0 },
		{ "created_by", "BY", COLUMN_JSON_ONLY },
		{ "title", "TITLE", 0 },
	};
	struct listing listing = { .left = number > 0 ? number : INT64_MAX };
	listing.table = table_begin(stdout, ctl->json, all, ARRAY_LEN(all));
	int code = stream(ctl, user, number, &listing);
	char *meant CLEANUP(mem_cleanup) = ctl_meant(user);
	while (code == EX_OK && meant && !listing.any) {
		code = stream(ctl, meant, number, &listing);
		meant = ctl_meant_next(meant);
	}
	table_end(listing.table, code == EX_OK ? "no reminder is to come" : NULL);
	if (code == EX_OK && listing.cut)
		fprintf(stderr, "recurctl: there are more; -n 0 lists all\n");
	return code;
}
