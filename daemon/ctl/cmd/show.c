/* recurctl show: everything about one template or one task. */
#include <stdio.h>
#include <string.h>

#include "ctl/args.h"
#include "ctl/cmd/explain.h"
#include "ctl/cmd/remind.h"
#include "ctl/ctl.h"
#include "ctl/settings.h"
#include "ctl/table.h"
#include "ctl/template.h"
#include "db/rows.h"

#define DECISIONS_MAX 20
#define CHANGES_MAX   20

static const struct ctl_option options[] = {
	{ "number", 'n', "N", "so many next occurrences (default: 5)" },
	{ NULL, 0, NULL, NULL },
};

#define TASKS_MAX 1000 /* the statement counts one more */

/* Columns of ctl_task.sql. */
enum { K_REMINDED = 12 };

static const char *state_name(const PGresult *result, const PGresult *waits)
{
	if (!row_is_null(result, 0, T_FAILED))
		return "quarantined";
	if (PQntuples(waits) > 0)
		return "waiting";
	if (!row_is_null(result, 0, T_ENDED))
		return "ended";
	bool active = !row_is_null(result, 0, T_ACTIVE) && row_bool(result, 0, T_ACTIVE);
	return active ? "active" : "paused";
}

/* In text nothing where it does not wait. */
static void print_waits(struct table *record, const PGresult *waits, bool json)
{
	static const struct column columns[] = {
		{ "kind", "KIND", 0 },
		{ "cause", "CAUSE", 0 },
		{ "why", "WHY", 0 },
		{ "since", "SINCE", 0 },
		{ "tried_at", "TRIED", 0 },
		{ "tries", "TRIES", COLUMN_RIGHT },
		{ "next_try_at", "NEXT TRY", 0 },
		{ "reason", "REASON", COLUMN_WHOLE },
	};
	if (!json && PQntuples(waits) == 0)
		return;
	struct table *table = record_nest(
		record, "waiting", "waits for", columns, ARRAY_LEN(columns));
	table_rows(table, waits);
	table_end(table, "nothing");
}

static int query_decisions(struct ctl *ctl, const char *id, bool of_task, PGresult **ret_result)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_text(&params, id);
	params_int8(&params, DECISIONS_MAX);
	params_bool(&params, of_task);
	return ctl_query(ctl, QUERY_CTL_DECISIONS, &params, ret_result);
}

static void print_decisions(struct table *record, const PGresult *decisions, const char *otherwise)
{
	static const struct column columns[] = {
		{ "at", "AT", 0 },
		{ "kind", "KIND", 0 },
		{ "first_at", "FIRST", 0 },
		{ "last_at", "LAST", 0 },
		{ "occurrences", "OCCURRENCES", COLUMN_RIGHT },
		{ "detail", "DETAIL", COLUMN_WHOLE },
	};
	struct table *table = record_nest(
		record, "decisions", "decisions", columns, ARRAY_LEN(columns));
	table_rows(table, decisions);
	table_end(table, otherwise);
}

static int query_changes(struct ctl *ctl, const char *id, PGresult **ret_result)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_text(&params, id);
	params_int8(&params, CHANGES_MAX);
	return ctl_query(ctl, QUERY_CTL_CHANGES, &params, ret_result);
}

/* after: null, it was deleted. */
static void print_changes(struct table *record, const PGresult *changes)
{
	static const struct column columns[] = {
		{ "at", "AT", 0 },
		{ "by", "BY", 0 },
		{ "kind", "OF", 0 },
		{ "before", "FROM", COLUMN_RAW | COLUMN_WHOLE },
		{ "after", "TO", COLUMN_RAW | COLUMN_WHOLE },
	};
	struct table *table = record_nest(
		record, "changes", "changes", columns, ARRAY_LEN(columns));
	table_rows(table, changes);
	table_end(table, "none: nobody has, or their time has passed (audit_retention)");
}

static const struct column template_columns[] = {
	{ "kind", "kind", 0 },
	{ "state", "state", 0 },
	{ "id", "id", COLUMN_ID },
	{ "user_id", "user", COLUMN_ID },
	{ "title", "title", 0 },
	{ "description", "description", 0 },
	{ "priority", "priority", 0 },
	{ "recurrence_rule", "rule", COLUMN_RAW },
	{ "next_due_at", "next due", 0 },
	{ "is_active", "active", 0 },
	{ "created_at", "created", 0 },
	{ "updated_at", "updated", 0 },
	{ "starts_local", "anchor, local time", 0 },
	{ "starts_zone", "anchor, zone", 0 },
	{ "planned_due_at", "planned by recurd", 0 },
	{ "made_through", "made through", 0 },
	{ "used_count", "occurrences used", 0 },
	{ "replan_at", "rule edited, to replan", 0 },
	{ "paused_at", "paused", 0 },
	{ "resumed_at", "resumed", 0 },
	{ "ended_at", "ended", 0 },
	{ "failed_at", "quarantined", 0 },
	{ "failure", "failure", 0 },
	{ "tasks", "tasks made", 0 },
	{ "tags", "tags", COLUMN_RAW },
	{ "time_zone", "time zone", 0 },
	{ "sentence", "in words", 0 },
	{ "canonical", "read as", COLUMN_RAW | COLUMN_WHOLE },
	{ "problem", "problem", 0 },
	{ "tasks_capped", "", COLUMN_JSON_ONLY },
};

static int show_template(struct ctl *ctl, const PGresult *result, int64_t n)
{
	struct outlook *outlook CLEANUP(outlook_cleanup) = NULL;
	struct strbuf sentence CLEANUP(strbuf_free) = STRBUF(4096);
	struct strbuf canonical CLEANUP(strbuf_free) = STRBUF(4 * RULE_BYTES_MAX);
	PGresult *decisions CLEANUP(ctl_clear) = NULL, *waits CLEANUP(ctl_clear) = NULL,
			    *changes CLEANUP(ctl_clear) = NULL;
	struct settings *settings CLEANUP(settings_cleanup) = NULL;
	struct plan_policy policy;
	struct err err;
	usec_t now;
	int code = template_world(ctl, &settings, &policy, &now);
	if (code == EX_OK)
		code = query_decisions(ctl, row_text(result, 0, T_ID), false, &decisions);
	if (code == EX_OK)
		code = explain_waits(ctl, row_text(result, 0, T_ID), true, &waits);
	if (code == EX_OK)
		code = query_changes(ctl, row_text(result, 0, T_ID), &changes);
	if (code != EX_OK)
		return code;
	const char *state = state_name(result, waits);
	bool works = outlook_open_template(&policy, now, result, &outlook, &err);
	if (works) {
		rule_describe(outlook_rule(outlook), outlook_start(outlook), &sentence);
		rule_to_json(outlook_rule(outlook), &canonical);
	}
	struct table *record = record_begin(
		stdout, ctl->json, template_columns, ARRAY_LEN(template_columns));
	table_text(record, "template");
	table_text(record, state);
	int64_t tasks = row_int8(result, 0, T_TASKS);
	for (int column = 0; column < T_OUTLOOK; column++)
		if (column == T_TASKS)
			table_count(
				record, tasks < TASKS_MAX ? tasks : TASKS_MAX, tasks > TASKS_MAX);
		else
			table_cell(record, result, 0, column);
	table_text(record, works ? zone_name(outlook_zone(outlook)) : NULL);
	table_text(record, works ? sentence.data : NULL);
	table_json(record, works ? canonical.data : NULL);
	table_text(record, works ? NULL : err.text);
	table_bool(record, tasks > TASKS_MAX);
	table_end_row(record);
	print_waits(record, waits, ctl->json);
	bool comes = works && row_is_null(result, 0, T_FAILED);
	struct foretold foretold = { .outlook = outlook };
	struct series series = comes ? series_of_outlook(&foretold)
				     : (struct series){ .next = NULL };
	series_print_next(comes ? &series : NULL, record, "next_occurrences", "next occurrences", n,
		template_why_none(result));
	print_decisions(record, decisions, "none: everything that was due was made");
	print_changes(record, changes);
	table_end(record, "");
	return EX_OK;
}

/* silent: a reminder was handled, and nothing of it is left or was ever told. */
static void print_told(struct table *record, const PGresult *told, bool silent)
{
	static const struct column columns[] = {
		{ "created_at", "TOLD", 0 },
		{ "kind", "KIND", 0 },
		{ "at", "OF", 0 },
		{ "key", "KEY", 0 },
	};
	struct table *table = record_nest(
		record, "notifications", "notifications", columns, ARRAY_LEN(columns));
	table_rows(table, told);
	table_end(table,
		silent ? "none: the reminder was from before the first start, or passed while the "
			 "task was complete; or its notification is past its retention"
		       : "none");
}

static const struct column task_columns[] = {
	{ "kind", "kind", 0 },
	{ "id", "id", COLUMN_ID },
	{ "user_id", "user", COLUMN_ID },
	{ "title", "title", 0 },
	{ "description", "description", 0 },
	{ "priority", "priority", 0 },
	{ "is_complete", "complete", 0 },
	{ "due_date", "due", 0 },
	{ "created_at", "created (UTC)", 0 },
	{ "updated_at", "updated (UTC)", 0 },
	{ "template_id", "made from template", COLUMN_ID },
	{ "occurrence_at", "for the occurrence", 0 },
	{ "remind_at", "reminder", 0 },
	{ "reminded_at", "reminded", 0 },
	{ "reminder_pending", "reminder pending", 0 },
	{ "recurrence_rule", "rule", COLUMN_RAW },
	{ "completed_at", "completed", 0 },
	{ "repeat_of", "repeats task", 0 },
	{ "repeated_by", "repeated by task", 0 },
	{ "failed_at", "quarantined", 0 },
	{ "failure", "failure", 0 },
};

static int show_task(struct ctl *ctl, const PGresult *result)
{
	PGresult *told CLEANUP(ctl_clear) = NULL, *waits CLEANUP(ctl_clear) = NULL,
		       *decisions CLEANUP(ctl_clear) = NULL, *reminders CLEANUP(ctl_clear) = NULL;
	int code = explain_told(ctl, result, &told);
	if (code == EX_OK)
		code = query_decisions(ctl, row_text(result, 0, 0), true, &decisions);
	if (code == EX_OK)
		code = explain_waits(ctl, row_text(result, 0, 0), false, &waits);
	if (code == EX_OK)
		code = reminders_query(ctl, row_text(result, 0, 0), &reminders);
	if (code != EX_OK)
		return code;
	struct table *record = record_begin(
		stdout, ctl->json, task_columns, ARRAY_LEN(task_columns));
	table_text(record, "task");
	for (int column = 0; column + 1 < (int)ARRAY_LEN(task_columns); column++)
		table_cell(record, result, 0, column);
	table_end_row(record);
	print_waits(record, waits, ctl->json);
	reminders_print(record, reminders, ctl->json);
	print_told(record, told, !row_is_null(result, 0, K_REMINDED));
	if (PQntuples(decisions) > 0 || ctl->json)
		print_decisions(record, decisions, "none");
	table_end(record, "");
	return EX_OK;
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	PGresult *template CLEANUP(ctl_clear) = NULL, *task CLEANUP(ctl_clear) = NULL;
	struct err err;
	int64_t n = 5;
	while (ctl_getopt(ctl, argc, argv) != -1)
		if (!arg_count(optarg, 1, 10000, &n, &err))
			return ctl_usage(ctl, "%s", err.text);
	if (optind + 1 != argc)
		return ctl_usage(ctl, "show takes the ID of one template or task");
	const char *id = argv[optind];
	int code = ctl_begin_bounded(ctl);
	if (code == EX_OK)
		code = ctl_query_id(ctl, QUERY_CTL_TEMPLATE, id, &template);
	if (code != EX_OK)
		return code;
	if (PQntuples(template) > 0) {
		zones_open(ctl->conf->zoneinfo_dir);
		code = show_template(ctl, template, n);
		zones_close();
		return code;
	}
	code = ctl_query_id(ctl, QUERY_CTL_TASK, id, &task);
	if (code != EX_OK)
		return code;
	if (PQntuples(task) == 0)
		return ctl_error(EX_DATAERR, "there is no template or task \"%s\"", id);
	return show_task(ctl, task);
}

const struct ctl_command command_show = {
	.name = "show",
	.args = "ID",
	.help = "everything about one template or task",
	.run = run,
	.options = options,
	.role = "recurd_reader",
};
