/* recurctl remind and snooze: the reminders of a task, one more or less, and peace for a while. */
#include "ctl/cmd/remind.h"

#include <stdio.h>
#include <string.h>

#include "ctl/args.h"
#include "db/rows.h"
#include "util/strbuf.h"

enum { OPT_AT = 256, OPT_BEFORE, OPT_AFTER, OPT_REMOVE, OPT_UNTIL, OPT_FOR };

static const struct ctl_option remind_options[] = {
	{ "at", OPT_AT, "INSTANT", "one more, then" },
	{ "before", OPT_BEFORE, "SPAN", "one more, so long before it is due" },
	{ "after", OPT_AFTER, "SPAN", "one more, so long after it was due" },
	{ "remove", OPT_REMOVE, "ID", "take back this one, without a task" },
	{ NULL, 0, NULL, NULL },
};

static const struct ctl_option snooze_options[] = {
	{ "until", OPT_UNTIL, "INSTANT", "nothing until then, and then one reminder" },
	{ "for", OPT_FOR, "SPAN", "the same, so long from now" },
	{ NULL, 0, NULL, NULL },
};

/* What is asked for: an instant, or a span; given: how many of the options were. */
struct when {
	int given;
	usec_t at;
	bool is_span;
	int64_t span;
	const char *remove;
};

static bool take_option(int letter, struct when *when, struct err *err)
{
	when->given++;
	when->is_span = letter == OPT_BEFORE || letter == OPT_AFTER || letter == OPT_FOR;
	if (letter == OPT_REMOVE) {
		when->remove = optarg;
		return true;
	}
	if (!when->is_span)
		return arg_instant(optarg, &when->at, err);
	if (!arg_span(optarg, &when->span, err))
		return false;
	if (letter == OPT_AFTER)
		when->span = -when->span;
	return true;
}

static int begin(struct ctl *ctl)
{
	return ctl_exec(ctl, "begin; set local lock_timeout = '5s'");
}

static void add_when(const char *task, const struct when *when, struct params *params)
{
	enum { INT8 = 20 };
	params_text(params, task);
	params_instant(params, when->is_span ? INSTANT_NONE : when->at);
	if (when->is_span)
		params_int8(params, when->span);
	else
		params_null(params, INT8);
}

/* Of a task that is there, by its id as it stands, or as it was shown. */
static int find(struct ctl *ctl, const char *typed, PGresult **ret_task)
{
	int code = ctl_query_id(ctl, QUERY_CTL_REMINDED_TASK, typed, ret_task);
	if (code == EX_OK && PQntuples(*ret_task) == 0)
		code = ctl_error(EX_DATAERR, "there is no task \"%s\"", typed);
	return code;
}

static int print(struct ctl *ctl, const char *task)
{
	PGresult *reminders CLEANUP(ctl_clear) = NULL;
	int code = reminders_query(ctl, task, &reminders);
	if (code != EX_OK)
		return code;
	struct table *table = reminders_table(ctl);
	table_rows(table, reminders);
	table_end(table, "no reminder");
	return EX_OK;
}

/* Does it, and prints what the task has then. */
static int change(
	struct ctl *ctl, enum query_id query, const PGresult *task, const struct when *when)
{
	struct params params CLEANUP(params_free);
	const char *id = row_text(task, 0, 0);
	if (row_bool(task, 0, 1))
		return ctl_error(
			EX_DATAERR, "task \"%s\" is complete, and nobody is reminded of it", id);
	params_init(&params);
	add_when(id, when, &params);
	int code = ctl_query(ctl, query, &params, NULL);
	if (code == EX_OK)
		code = ctl_exec(ctl, "commit");
	return code == EX_OK ? print(ctl, id) : code;
}

static int take_back(struct ctl *ctl, const char *typed)
{
	PGresult *removed CLEANUP(ctl_clear) = NULL;
	int code = begin(ctl);
	if (code == EX_OK)
		code = ctl_query_id(ctl, QUERY_CTL_UNREMIND, typed, &removed);
	if (code == EX_OK && PQntuples(removed) == 0)
		return ctl_error(EX_DATAERR, "there is no reminder \"%s\"", typed);
	if (code == EX_OK)
		code = ctl_exec(ctl, "commit");
	if (code != EX_OK)
		return code;
	struct table *table = reminders_table(ctl);
	table_rows(table, removed);
	table_end(table, NULL);
	return EX_OK;
}

static int with_task(
	struct ctl *ctl, enum query_id query, const char *typed, const struct when *when)
{
	PGresult *task CLEANUP(ctl_clear) = NULL;
	int code = begin(ctl);
	if (code == EX_OK)
		code = find(ctl, typed, &task);
	if (code != EX_OK)
		return code;
	return when->given > 0 ? change(ctl, query, task, when) : print(ctl, row_text(task, 0, 0));
}

static int remind(struct ctl *ctl, int argc, char **argv)
{
	struct when when = { 0 };
	struct err err;
	for (int letter; (letter = ctl_getopt(ctl, argc, argv)) != -1;)
		if (!take_option(letter, &when, &err))
			return ctl_usage(ctl, "%s", err.text);
	if (when.given > 1)
		return ctl_usage(ctl, "one of --at, --before, --after and --remove");
	if (optind + (when.remove ? 0 : 1) != argc)
		return ctl_usage(ctl,
			when.remove ? "--remove takes no task" : "remind takes the ID of one task");
	return when.remove ? take_back(ctl, when.remove)
			   : with_task(ctl, QUERY_CTL_REMIND, argv[optind], &when);
}

static int snooze(struct ctl *ctl, int argc, char **argv)
{
	struct when when = { 0 };
	struct err err;
	for (int letter; (letter = ctl_getopt(ctl, argc, argv)) != -1;)
		if (!take_option(letter, &when, &err))
			return ctl_usage(ctl, "%s", err.text);
	if (when.given != 1)
		return ctl_usage(ctl, "snooze needs --until or --for, one of them");
	if (optind + 1 != argc)
		return ctl_usage(ctl, "snooze takes the ID of one task");
	return with_task(ctl, QUERY_CTL_SNOOZE, argv[optind], &when);
}

const struct ctl_command command_remind = {
	.name = "remind",
	.args = "[TASK]",
	.help = "the reminders of a task; one more, or one less",
	.run = remind,
	.options = remind_options,
	.role = "recurd_worker",
};

const struct ctl_command command_snooze = {
	.name = "snooze",
	.args = "TASK",
	.help = "nothing of a task for a while, then one reminder",
	.run = snooze,
	.options = snooze_options,
	.role = "recurd_worker",
};
