/* recurctl upcoming, list and retry: templates and reminders as listings. */
#include <stdio.h>
#include <string.h>

#include "ctl/args.h"
#include "ctl/commands.h"
#include "ctl/table.h"
#include "db/rows.h"

enum { OPT_USER = 256, OPT_UNTIL, OPT_STATE, OPT_ALL_FAILED };

const struct ctl_option upcoming_options[] = {
	{ "number", 'n', "N", "at most so many, 0: all (default: 20)" },
	{ "user", OPT_USER, "ID", "only this user's" },
	{ "until", OPT_UNTIL, "INSTANT", "nothing later" },
	{ NULL, 0, NULL, NULL },
};

const struct ctl_option list_options[] = {
	{ "number", 'n', "N", "at most so many, 0: all (default: 100)" },
	{ "user", OPT_USER, "ID", "only this user's" },
	{ "state", OPT_STATE, "STATE", "active, paused, ended or quarantined" },
	{ NULL, 0, NULL, NULL },
};

const struct ctl_option retry_options[] = {
	{ "all-failed", OPT_ALL_FAILED, NULL, "every template that is in quarantine" },
	{ NULL, 0, NULL, NULL },
};

struct filter {
	int64_t number;
	const char *user, *state;
	usec_t until;
	bool has_until, all_failed;
};

static bool take_option(int letter, struct filter *filter, struct err *err)
{
	static const char *const states[] = { "active", "paused", "ended", "quarantined" };
	switch (letter) {
	case 'n':
		return arg_count(optarg, 0, 1000000000, &filter->number, err);
	case OPT_USER:
		filter->user = optarg;
		return true;
	case OPT_UNTIL:
		filter->has_until = true;
		return arg_instant(optarg, &filter->until, err);
	case OPT_ALL_FAILED:
		filter->all_failed = true;
		return true;
	default:
		filter->state = optarg;
		for (size_t i = 0; i < ARRAY_LEN(states); i++)
			if (strcmp(optarg, states[i]) == 0)
				return true;
		return err_set(
			err, "--state is active, paused, ended or quarantined, not \"%s\"", optarg);
	}
}

/* EX_OK, or the exit code of a usage error. */
static int read_options(struct ctl *ctl, int argc, char **argv, struct filter *filter)
{
	struct err err;
	for (int letter; (letter = ctl_getopt(ctl, argc, argv)) != -1;)
		if (!take_option(letter, filter, &err))
			return ctl_usage(ctl, "%s", err.text);
	return EX_OK;
}

static bool upcoming_take(void *table, const PGresult *result, int row)
{
	table_row(table, result, row);
	return true;
}

static int stream_upcoming(struct ctl *ctl, const struct filter *filter, struct table *table)
{
	enum { TIMESTAMPTZ = 1184, INT8 = 20 };
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_text(&params, filter->user);
	if (filter->has_until)
		params_instant(&params, filter->until);
	else
		params_null(&params, TIMESTAMPTZ);
	if (filter->number > 0)
		params_int8(&params, filter->number);
	else
		params_null(&params, INT8);
	return ctl_stream(ctl, QUERY_CTL_UPCOMING_OPEN, &params, upcoming_take, table);
}

int cmd_upcoming(struct ctl *ctl, int argc, char **argv)
{
	static const struct column columns[] = {
		{ "at", "AT", 0 },
		{ "kind", "KIND", 0 },
		{ "user_id", "USER", COLUMN_ID },
		{ "template_id", "TEMPLATE", COLUMN_ID },
		{ "task_id", "TASK", COLUMN_ID },
		{ "overdue", "OVERDUE", 0 },
		{ "priority", "PRIORITY", COLUMN_JSON_ONLY },
		{ "title", "TITLE", 0 },
	};
	struct filter filter = { .number = 20 };
	int code = read_options(ctl, argc, argv, &filter);
	if (code != EX_OK)
		return code;
	if (optind < argc)
		return ctl_usage(ctl, "upcoming takes no argument");
	struct table *table = table_begin(stdout, ctl->json, columns, ARRAY_LEN(columns));
	code = stream_upcoming(ctl, &filter, table);
	table_end(table, code == EX_OK ? "nothing is to come" : NULL);
	return code;
}

struct listing {
	struct table *table;
	int64_t left; /* rows that may still be printed */
	bool cut;
};

static bool list_take(void *context, const PGresult *result, int row)
{
	struct listing *listing = context;
	listing->cut = listing->left == 0;
	if (listing->cut)
		return false;
	listing->left--;
	table_row(listing->table, result, row);
	return true;
}

int cmd_list(struct ctl *ctl, int argc, char **argv)
{
	static const struct column columns[] = {
		{ "id", "ID", COLUMN_ID },
		{ "user_id", "USER", COLUMN_ID },
		{ "state", "STATE", 0 },
		{ "next_due_at", "NEXT DUE", 0 },
		{ "priority", "PRIORITY", 0 },
		{ "used_count", "USED", COLUMN_RIGHT },
		{ "recurrence_rule", "RULE", COLUMN_RAW | COLUMN_JSON_ONLY },
		{ "failure", "FAILURE", COLUMN_JSON_ONLY },
		{ "title", "TITLE", 0 },
	};
	struct filter filter = { .number = 100 };
	struct params params CLEANUP(params_free);
	int code = read_options(ctl, argc, argv, &filter);
	params_init(&params);
	if (code != EX_OK)
		return code;
	if (optind < argc)
		return ctl_usage(ctl, "list takes no argument; one template: recurctl show ID");
	params_text(&params, filter.user);
	params_text(&params, filter.state);
	/* One more than is printed tells whether there are more. */
	params_int8(&params, filter.number > 0 ? filter.number + 1 : INT64_MAX);
	struct listing listing = { .left = filter.number > 0 ? filter.number : INT64_MAX };
	listing.table = table_begin(stdout, ctl->json, columns, ARRAY_LEN(columns));
	code = ctl_stream(ctl, QUERY_CTL_LIST_OPEN, &params, list_take, &listing);
	table_end(listing.table, code == EX_OK ? "no template" : NULL);
	if (code == EX_OK && listing.cut)
		fprintf(stderr, "recurctl: there are more; -n 0 lists all\n");
	return code;
}

int cmd_retry(struct ctl *ctl, int argc, char **argv)
{
	static const struct column columns[] = {
		{ "id", "ID", COLUMN_ID },
		{ "next_due_at", "NEXT DUE", 0 },
		{ "failure", "HAD FAILED FOR", 0 },
		{ "title", "TITLE", COLUMN_JSON_ONLY },
	};
	struct filter filter = { .number = 0 };
	struct params params CLEANUP(params_free);
	PGresult *result CLEANUP(ctl_clear) = NULL;
	int code = read_options(ctl, argc, argv, &filter);
	params_init(&params);
	if (code != EX_OK)
		return code;
	if (filter.all_failed ? optind != argc : optind + 1 != argc)
		return ctl_usage(ctl, "retry takes one template's ID, or --all-failed");
	const char *id = filter.all_failed ? NULL : argv[optind];
	params_text(&params, id);
	/* Somebody else's row lock must not hold us up without a word. */
	code = ctl_exec(ctl, "begin; set local lock_timeout = '5s'");
	if (code == EX_OK)
		code = ctl_query(ctl, QUERY_CTL_RETRY, &params, &result);
	if (code == EX_OK)
		code = ctl_exec(ctl, "commit");
	if (code != EX_OK)
		return code;
	if (id && PQntuples(result) == 0)
		return ctl_error(EX_DATAERR, "no template \"%s\" is in quarantine", id);
	struct table *table = table_begin(stdout, ctl->json, columns, ARRAY_LEN(columns));
	for (int row = 0; row < PQntuples(result); row++)
		table_row(table, result, row);
	table_end(table, "no template is in quarantine");
	return EX_OK;
}
