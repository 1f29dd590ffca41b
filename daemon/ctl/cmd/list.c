/* recurctl list: templates. */
#include <stdio.h>
#include <string.h>

#include "ctl/args.h"
#include "ctl/ctl.h"
#include "ctl/table.h"
#include "db/params.h"

enum { OPT_USER = 256, OPT_STATE };

static const struct ctl_option options[] = {
	{ "number", 'n', "N", "at most so many, 0: all (default: 100)" },
	{ "user", OPT_USER, "ID", "only this user's" },
	{ "state", OPT_STATE, "STATE", "active, paused, ended, quarantined or waiting" },
	{ NULL, 0, NULL, NULL },
};

struct filter {
	int64_t number;
	const char *user, *state;
};

static bool check_state(const char *state, struct err *err)
{
	static const char *const states[] = { "active", "paused", "ended", "quarantined",
		"waiting" };
	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		if (strcmp(state, states[i]) == 0)
			return true;
	return err_set(
		err, "--state is active, paused, ended, quarantined or waiting, not \"%s\"", state);
}

static bool take_option(int letter, struct filter *filter, struct err *err)
{
	switch (letter) {
	case 'n':
		return arg_count(optarg, 0, 1000000000, &filter->number, err);
	case OPT_USER:
		filter->user = optarg;
		return true;
	default:
		filter->state = optarg;
		return check_state(optarg, err);
	}
}

struct listing {
	struct table *table;
	int64_t left; /* rows that may still be printed */
	bool cut;
};

static bool take_row(void *context, const PGresult *result, int row)
{
	struct listing *listing = context;
	listing->cut = listing->left == 0;
	if (listing->cut)
		return false;
	listing->left--;
	table_row(listing->table, result, row);
	return true;
}

static int list(struct ctl *ctl, const struct filter *filter)
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
		{ "cause", "CAUSE", COLUMN_JSON_ONLY },
		{ "reason", "REASON", COLUMN_JSON_ONLY },
		{ "title", "TITLE", 0 },
	};
	/* The same where one wants to know what they wait for. */
	static const struct column waiting[] = {
		{ "id", "ID", COLUMN_ID },
		{ "user_id", "USER", COLUMN_ID },
		{ "state", "STATE", COLUMN_JSON_ONLY },
		{ "next_due_at", "NEXT DUE", 0 },
		{ "priority", "PRIORITY", COLUMN_JSON_ONLY },
		{ "used_count", "USED", COLUMN_JSON_ONLY },
		{ "recurrence_rule", "RULE", COLUMN_RAW | COLUMN_JSON_ONLY },
		{ "failure", "FAILURE", COLUMN_JSON_ONLY },
		{ "cause", "CAUSE", 0 },
		{ "reason", "REASON", 0 },
		{ "title", "TITLE", COLUMN_JSON_ONLY },
	};
	_Static_assert(sizeof(waiting) == sizeof(columns), "of the same statement");
	bool waits = filter->state && strcmp(filter->state, "waiting") == 0;
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_text(&params, filter->user);
	params_text(&params, filter->state);
	/* One more than is printed tells whether there are more. */
	params_int8(&params, filter->number > 0 ? filter->number + 1 : INT64_MAX);
	struct listing listing = { .left = filter->number > 0 ? filter->number : INT64_MAX };
	listing.table = table_begin(
		stdout, ctl->json, waits ? waiting : columns, ARRAY_LEN(columns));
	int code = ctl_stream(ctl, QUERY_CTL_LIST_OPEN, &params, take_row, &listing);
	table_end(listing.table, code == EX_OK ? "no template" : NULL);
	if (code == EX_OK && listing.cut)
		fprintf(stderr, "recurctl: there are more; -n 0 lists all\n");
	return code;
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	struct filter filter = { .number = 100 };
	struct err err;
	for (int letter; (letter = ctl_getopt(ctl, argc, argv)) != -1;)
		if (!take_option(letter, &filter, &err))
			return ctl_usage(ctl, "%s", err.text);
	if (optind < argc)
		return ctl_usage(ctl, "list takes no argument; one template: recurctl show ID");
	return list(ctl, &filter);
}

const struct ctl_command command_list = {
	.name = "list",
	.args = "",
	.help = "templates",
	.run = run,
	.options = options,
	.role = "recurd_reader",
};
