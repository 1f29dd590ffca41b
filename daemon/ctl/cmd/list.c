/* recurctl list: templates; and of what is in quarantine, the tasks that do not come back. */
#include <stdio.h>
#include <string.h>

#include "ctl/args.h"
#include "ctl/cmd/remind.h"
#include "db/params.h"
#include "util/mem.h"
#include "util/nearest.h"

enum { OPT_USER = 256, OPT_STATE, OPT_REMINDERS };

static const struct ctl_option options[] = {
	{ "number", 'n', "N", "at most so many, 0: all (default: 100)" },
	{ "user", OPT_USER, "ID", "only this user's" },
	{ "state", OPT_STATE, "STATE", "active, paused, ended, quarantined or waiting" },
	{ "reminders", OPT_REMINDERS, NULL, "in place of templates: reminders that are to come" },
	{ NULL, 0, NULL, NULL },
};

struct filter {
	int64_t number;
	const char *user, *state;
	bool reminders;
};

static bool check_state(const char *state, struct err *err)
{
	static const char *const states[] = { "active", "paused", "ended", "quarantined",
		"waiting" };
	struct nearest nearest = NEAREST(state);
	for (size_t i = 0; i < ARRAY_LEN(states); i++) {
		if (strcmp(state, states[i]) == 0)
			return true;
		nearest_offer(&nearest, states[i]);
	}
	return err_set(err,
		"--state is active, paused, ended, quarantined or waiting, not \"%s\"%s", state,
		nearest_hint(&nearest));
}

static bool take_option(int letter, struct filter *filter, struct err *err)
{
	switch (letter) {
	case 'n':
		return arg_count(optarg, 0, 1000000000, &filter->number, err);
	case OPT_USER:
		filter->user = optarg;
		return true;
	case OPT_REMINDERS:
		filter->reminders = true;
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

enum {
	KIND,
	ID,
	USER,
	STATE,
	NEXT_DUE,
	PRIORITY,
	USED,
	RULE,
	FAILURE,
	CAUSE,
	REASON,
	TITLE,
	COLUMNS
};

/* What a screen has room for, of templates in one state; the first row: of any. */
static const struct view {
	const char *state;
	unsigned shown;
} views[] = {
	{ "", 1 << ID | 1 << USER | 1 << STATE | 1 << NEXT_DUE | 1 << PRIORITY | 1 << USED |
			1 << TITLE },
	{ "quarantined", 1 << KIND | 1 << ID | 1 << USER | 1 << NEXT_DUE | 1 << FAILURE },
	{ "waiting", 1 << ID | 1 << USER | 1 << NEXT_DUE | 1 << CAUSE | 1 << REASON },
};

static void choose_columns(const char *state, struct column columns[static COLUMNS])
{
	static const struct column all[] = {
		[KIND] = { "kind", "KIND", 0 },
		[ID] = { "id", "ID", COLUMN_ID },
		[USER] = { "user_id", "USER", COLUMN_ID },
		[STATE] = { "state", "STATE", 0 },
		[NEXT_DUE] = { "next_due_at", "NEXT DUE", 0 },
		[PRIORITY] = { "priority", "PRIORITY", 0 },
		[USED] = { "used_count", "USED", COLUMN_RIGHT },
		[RULE] = { "recurrence_rule", "RULE", COLUMN_RAW },
		[FAILURE] = { "failure", "REASON", COLUMN_WHOLE },
		[CAUSE] = { "cause", "CAUSE", 0 },
		[REASON] = { "reason", "REASON", COLUMN_WHOLE },
		[TITLE] = { "title", "TITLE", 0 },
	};
	size_t view = ARRAY_LEN(views) - 1;
	while (view > 0 && (!state || strcmp(views[view].state, state) != 0))
		view--;
	for (size_t i = 0; i < COLUMNS; i++) {
		columns[i] = all[i];
		if (!(views[view].shown >> i & 1))
			columns[i].flags |= COLUMN_JSON_ONLY;
	}
}

static int stream(
	struct ctl *ctl, const struct filter *filter, const char *user, struct listing *listing)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_text(&params, user);
	params_text(&params, filter->state);
	/* One more than is printed tells whether there are more. */
	params_int8(&params, filter->number > 0 ? filter->number + 1 : INT64_MAX);
	return ctl_stream(ctl, QUERY_CTL_LIST_OPEN, &params, filter->number > 0, take_row, listing);
}

static int list(struct ctl *ctl, const struct filter *filter)
{
	struct column columns[COLUMNS];
	struct listing listing = { .left = filter->number > 0 ? filter->number : INT64_MAX };
	int64_t all = listing.left;
	choose_columns(filter->state, columns);
	listing.table = table_begin(stdout, ctl->json, columns, COLUMNS);
	int code = stream(ctl, filter, filter->user, &listing);
	char *meant CLEANUP(mem_cleanup) = ctl_meant(filter->user);
	while (code == EX_OK && meant && listing.left == all) {
		code = stream(ctl, filter, meant, &listing);
		meant = ctl_meant_next(meant);
	}
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
	if (filter.reminders && filter.state)
		return ctl_usage(ctl, "--state is of templates, not of reminders");
	return filter.reminders ? reminders_list(ctl, filter.user, filter.number)
				: list(ctl, &filter);
}

const struct ctl_command command_list = {
	.name = "list",
	.args = "",
	.help = "templates, or reminders to come",
	.run = run,
	.options = options,
	.role = "recurd_reader",
};
