/* recurctl herd: the minutes in which most falls due, and for whom. */
#include <stdio.h>

#include "ctl/args.h"
#include "ctl/ctl.h"
#include "ctl/table.h"
#include "db/params.h"
#include "db/rows.h"

#define DAY     (INT64_C(24) * 3600 * USEC_PER_SEC)
#define COUNTED 50000 /* rows of a table one by one: a tenth of a second, if they are in memory */

enum { OPT_FROM = 256, OPT_UNTIL };

static const struct ctl_option options[] = {
	{ "number", 'n', "N", "at most so many minutes (default: 10)" },
	{ "from", OPT_FROM, "WHEN", "nothing earlier (default: now)" },
	{ "until", OPT_UNTIL, "WHEN", "nothing later (default: a day behind the begin)" },
	{ NULL, 0, NULL, NULL },
};

struct span {
	int64_t number;
	struct arg_bound from, until;
	bool has_until;
};

static bool take_option(int letter, struct span *span, struct err *err)
{
	switch (letter) {
	case 'n':
		return arg_count(optarg, 1, 1000000, &span->number, err);
	case OPT_FROM:
		return arg_begin(optarg, &span->from, err) || err_prefix(err, "--from: ");
	default:
		span->has_until = true;
		return arg_bound(optarg, &span->until, err) || err_prefix(err, "--until: ");
	}
}

/* Spans count from now; without --until it is a day. */
static void add_params(const struct span *span, struct params *params)
{
	enum { TIMESTAMPTZ = 1184 };
	bool from_instant = !span->from.is_span,
	     until_instant = span->has_until && !span->until.is_span;
	if (from_instant)
		params_instant(params, span->from.value);
	else
		params_null(params, TIMESTAMPTZ);
	params_int8(params, span->from.is_span ? span->from.value : 0);
	if (until_instant)
		params_instant(params, span->until.value);
	else
		params_null(params, TIMESTAMPTZ);
	params_int8(params, span->has_until && span->until.is_span ? span->until.value : DAY);
	params_int8(params, span->number);
	params_int8(params, COUNTED);
}

/* The planner does not know the instants, and would rather read and sort all that is pending.  What it must not do
 * it takes for dear, and what is dear for worth compiling, which takes seconds. */
static int ask(struct ctl *ctl, const struct span *span, PGresult **ret_result)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	add_params(span, &params);
	int code = ctl_exec(ctl, "begin isolation level read committed read only; "
				 "set local lock_timeout = '5s'; set local jit = off; "
				 "set local enable_indexscan = on; set local enable_seqscan = off; "
				 "set local enable_bitmapscan = off");
	if (code == EX_OK)
		code = ctl_query(ctl, QUERY_CTL_HERD, &params, ret_result);
	return code == EX_OK ? ctl_exec(ctl, "commit") : code;
}

static void print(struct ctl *ctl, const PGresult *result)
{
	static const struct column columns[] = {
		{ "minute", "MINUTE", 0 },
		{ "templates", "TEMPLATES", COLUMN_RIGHT },
		{ "reminders", "REMINDERS", COLUMN_RIGHT },
		{ "user_id", "MOST OF", COLUMN_ID },
		{ "user_rows", "ROWS", COLUMN_RIGHT },
		{ "work_seconds", "WORK", COLUMN_RIGHT | COLUMN_SPAN },
		{ "estimated", "ESTIMATED", 0 },
	};
	struct table *table = table_begin(stdout, ctl->json, columns, ARRAY_LEN(columns));
	table_rows(table, result);
	table_end(table, "nothing is to come in that time");
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	struct span span = { .number = 10, .from.is_span = true };
	struct err err;
	for (int letter; (letter = ctl_getopt(ctl, argc, argv)) != -1;)
		if (!take_option(letter, &span, &err))
			return ctl_usage(ctl, "%s", err.text);
	if (optind < argc)
		return ctl_usage(ctl, "herd takes no argument");
	PGresult *result CLEANUP(ctl_clear) = NULL;
	int code = ask(ctl, &span, &result);
	if (code == EX_OK)
		print(ctl, result);
	return code;
}

const struct ctl_command command_herd = {
	.name = "herd",
	.args = "",
	.help = "the minutes in which most falls due, and for whom",
	.run = run,
	.options = options,
	.role = "recurd_reader",
};
