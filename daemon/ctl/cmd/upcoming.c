/* recurctl upcoming: what comes next, over templates and reminders. */
#include <stdio.h>

#include "ctl/args.h"
#include "ctl/ctl.h"
#include "ctl/table.h"
#include "db/params.h"
#include "util/mem.h"

enum { OPT_USER = 256, OPT_UNTIL };

static const struct ctl_option options[] = {
	{ "number", 'n', "N", "at most so many, 0: all (default: 20)" },
	{ "user", OPT_USER, "ID", "only this user's" },
	{ "until", OPT_UNTIL, "WHEN", "nothing later: 2027-01-31, 30d, or an instant" },
	{ NULL, 0, NULL, NULL },
};

struct filter {
	int64_t number;
	const char *user;
	struct arg_bound until;
	bool has_until;
};

static bool take_option(int letter, struct filter *filter, struct err *err)
{
	switch (letter) {
	case 'n':
		return arg_count(optarg, 0, 1000000000, &filter->number, err);
	case OPT_UNTIL:
		filter->has_until = true;
		return arg_bound(optarg, &filter->until, err) || err_prefix(err, "--until: ");
	default:
		filter->user = optarg;
		return true;
	}
}

struct listing {
	struct table *table;
	bool any;
};

static bool take_row(void *context, const PGresult *result, int row)
{
	struct listing *listing = context;
	listing->any = true;
	table_row(listing->table, result, row);
	return true;
}

static int stream(
	struct ctl *ctl, const struct filter *filter, const char *user, struct listing *listing)
{
	enum { TIMESTAMPTZ = 1184, INT8 = 20 };
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_text(&params, user);
	if (filter->has_until && !filter->until.is_span)
		params_instant(&params, filter->until.value);
	else
		params_null(&params, TIMESTAMPTZ);
	if (filter->number > 0)
		params_int8(&params, filter->number);
	else
		params_null(&params, INT8);
	if (filter->has_until && filter->until.is_span)
		params_int8(&params, filter->until.value);
	else
		params_null(&params, INT8);
	return ctl_stream(
		ctl, QUERY_CTL_UPCOMING_OPEN, &params, filter->number > 0, take_row, listing);
}

static int list(struct ctl *ctl, const struct filter *filter, struct table *table)
{
	struct listing listing = { .table = table };
	char *meant CLEANUP(mem_cleanup) = ctl_meant(filter->user);
	int code = stream(ctl, filter, filter->user, &listing);
	while (code == EX_OK && meant && !listing.any) {
		code = stream(ctl, filter, meant, &listing);
		meant = ctl_meant_next(meant);
	}
	return code;
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	static const struct column columns[] = {
		{ "at", "AT", 0 },
		{ "kind", "KIND", 0 },
		{ "user_id", "USER", COLUMN_ID },
		{ "template_id", "TEMPLATE", COLUMN_ID },
		{ "task_id", "TASK", COLUMN_ID },
		{ "overdue", "OVERDUE", 0 },
		{ "made_at", "MADE", 0 },
		{ "priority", "PRIORITY", COLUMN_JSON_ONLY },
		{ "title", "TITLE", 0 },
	};
	struct filter filter = { .number = 20 };
	struct err err;
	for (int letter; (letter = ctl_getopt(ctl, argc, argv)) != -1;)
		if (!take_option(letter, &filter, &err))
			return ctl_usage(ctl, "%s", err.text);
	if (optind < argc)
		return ctl_usage(ctl, "upcoming takes no argument");
	struct table *table = table_begin(stdout, ctl->json, columns, ARRAY_LEN(columns));
	int code = list(ctl, &filter, table);
	table_end(table, code == EX_OK ? "nothing is to come" : NULL);
	return code;
}

const struct ctl_command command_upcoming = {
	.name = "upcoming",
	.args = "",
	.help = "what comes next: occurrences and reminders",
	.run = run,
	.options = options,
	.role = "recurd_reader",
};
