/* recurctl backfill: asks for a span of the past of a template, shows what would come of it, and how far it came. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

#include "ctl/args.h"
#include "ctl/cmd/explain.h"
#include "ctl/ctl.h"
#include "ctl/explained.h"
#include "ctl/settings.h"
#include "ctl/table.h"
#include "ctl/template.h"
#include "db/params.h"
#include "db/rows.h"
#include "plan/backfill.h"
#include "plan/template_row.h"

#define SHOWN 100 /* requests */

enum { OPT_FROM = 256, OPT_TO, OPT_DRY };

static const struct ctl_option options[] = {
	{ "from", OPT_FROM, "WHEN", "2027-01-31, an instant, or 90d: so long ago" },
	{ "to", OPT_TO, "WHEN", "2027-01-31, an instant, or 1d: so long ago (default: now)" },
	{ "dry-run", OPT_DRY, NULL, "show what would be made; ask for nothing" },
	{ NULL, 0, NULL, NULL },
};

struct request {
	const char *template;
	struct arg_bound from, to;
	bool has_from, has_to, dry;
	usec_t now, begin, end; /* of the span */
};

/* ---- what would be made ---- */

static const struct column item_columns[] = {
	{ "occurrence_at", "OCCURRENCE", 0 },
	{ "due_at", "DUE", 0 },
	{ "title", "TITLE", 0 },
};

static void print_items(const struct ctl *ctl, const struct backfill *made)
{
	struct table *table = table_begin(stdout, ctl->json, item_columns, ARRAY_LEN(item_columns));
	for (size_t i = 0; i < made->n; i++) {
		table_instant(table, made->items[i].nominal);
		table_instant(table, made->items[i].due);
		table_text(table, made->items[i].title);
		table_end_row(table);
	}
	table_end(table, "nothing would be made");
	if (ctl->json)
		return;
	printf("\n%zu would be made, %" PRId64 " are there, %" PRId64 " are left out\n", made->n,
		made->there, made->left_out);
	if (made->n == BACKFILL_CAP)
		printf("One request makes no more: ask again from there on\n");
	if (made->waits)
		printf("What is due behind that is for a worker to make first\n");
	if (*made->problem.text)
		printf("Not all could be expanded: %s\n", made->problem.text);
}

static int dry_run_row(struct ctl *ctl, const PGresult *row, const struct request *request)
{
	struct settings *settings CLEANUP(settings_cleanup) = NULL;
	const struct backfill_limits limits = { USEC_INFINITY, BACKFILL_CAP, INT_MAX };
	struct plan_policy policy;
	struct template template;
	struct policies policies;
	struct explained explained;
	struct backfill made;
	int code = settings_load(ctl, &settings);
	if (code != EX_OK)
		return code;
	template_policy(settings, &policy);
	template_row_read(row, 0, 0, &template);
	if (policies_row_read(row, 0, TEMPLATE_COLUMNS, &policies))
		template.policies = &policies;
	struct account_input input = { .template = &template,
		.policy = &policy,
		.now = request->now,
		.from = request->begin,
		.to = request->end };
	code = explained_open(ctl, template.id, &input, &explained);
	if (code == EX_OK) {
		backfill_make(&input, &limits, &made);
		code = explained.code;
		if (code == EX_OK)
			print_items(ctl, &made);
		backfill_finish(&made);
	}
	explained_finish(&explained);
	return code;
}

static int dry_run(struct ctl *ctl, const struct request *request)
{
	PGresult *row CLEANUP(ctl_clear) = NULL;
	int code = explain_begin(ctl);
	if (code == EX_OK)
		code = ctl_query_id(ctl, QUERY_CTL_BACKFILL_TEMPLATE, request->template, &row);
	if (code != EX_OK)
		return code;
	if (PQntuples(row) == 0)
		return ctl_error(EX_DATAERR, "there is no template \"%s\"", request->template);
	zones_open(ctl->conf->zoneinfo_dir);
	code = dry_run_row(ctl, row, request);
	zones_close();
	return code;
}

/* ---- asking for it ---- */

static const struct column columns[] = {
	{ "id", "REQUEST", COLUMN_ID },
	{ "asked_from", "FROM", 0 },
	{ "asked_to", "TO", 0 },
	{ "asked_at", "ASKED", COLUMN_JSON_ONLY },
	{ "asked_by", "BY", 0 },
	{ "made", "MADE", COLUMN_RIGHT },
	{ "present", "THERE", COLUMN_RIGHT },
	{ "left_out", "LEFT OUT", COLUMN_RIGHT },
	{ "through", "THROUGH", COLUMN_JSON_ONLY },
	{ "outcome", "OUTCOME", 0 },
	{ "detail", "WHY", COLUMN_WHOLE },
};

/* id: NULL: all of the template's. */
static int show(struct ctl *ctl, const char *template, const char *id)
{
	struct params params CLEANUP(params_free);
	PGresult *result CLEANUP(ctl_clear) = NULL;
	params_init(&params);
	params_text(&params, template);
	params_text(&params, id);
	params_int8(&params, SHOWN);
	int code = ctl_query(ctl, QUERY_CTL_BACKFILLS, &params, &result);
	if (code != EX_OK)
		return code;
	struct table *table = table_begin(stdout, ctl->json, columns, ARRAY_LEN(columns));
	table_rows(table, result);
	table_end(table, "nothing was asked for");
	return EX_OK;
}

static int ask(struct ctl *ctl, const struct request *request)
{
	struct params params CLEANUP(params_free);
	PGresult *result CLEANUP(ctl_clear) = NULL;
	params_init(&params);
	params_text(&params, request->template);
	params_instant(&params, request->begin);
	params_instant(&params, request->end);
	int code = ctl_exec(ctl, "begin; set local lock_timeout = '5s'");
	if (code == EX_OK)
		code = ctl_query(ctl, QUERY_CTL_BACKFILL, &params, &result);
	if (code == EX_OK)
		code = ctl_exec(ctl, "commit");
	return code == EX_OK ? show(ctl, request->template, row_text(result, 0, 0)) : code;
}

/* ---- the command line ---- */

/* What is still to come comes by itself: nobody means it by a date that has not ended. */
static int take_span(struct ctl *ctl, struct request *request)
{
	PGresult *clock CLEANUP(ctl_clear) = NULL;
	int code = ctl_query(ctl, QUERY_CTL_CLOCK, NULL, &clock);
	if (code == EX_OK && !row_clock(clock, 0, 0, &request->now))
		code = ctl_error(EX_DATAERR, CLOCK_COMPLAINT);
	if (code != EX_OK)
		return code;
	const struct arg_bound *from = &request->from, *to = &request->to;
	request->begin = from->is_span ? request->now - from->value : from->value;
	request->end = !request->has_to ? request->now
		       : to->is_span    ? request->now - to->value
					: to->value;
	if (request->begin > request->now)
		return ctl_error(
			EX_DATAERR, "--from lies ahead: what is still to come comes by itself");
	if (request->end > request->now)
		request->end = request->now;
	if (request->begin > request->end)
		return ctl_error(EX_DATAERR, "--to lies before --from");
	return EX_OK;
}

static bool take_option(int letter, struct request *request, struct err *err)
{
	switch (letter) {
	case OPT_FROM:
		request->has_from = true;
		return arg_begin(optarg, &request->from, err) || err_prefix(err, "--from: ");
	case OPT_TO:
		request->has_to = true;
		return arg_bound(optarg, &request->to, err) || err_prefix(err, "--to: ");
	default:
		request->dry = true;
		return true;
	}
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	struct request request = { 0 };
	struct err err;
	for (int letter; (letter = ctl_getopt(ctl, argc, argv)) != -1;)
		if (!take_option(letter, &request, &err))
			return ctl_usage(ctl, "%s", err.text);
	if (optind + 1 != argc)
		return ctl_usage(ctl, "backfill takes the ID of one template");
	request.template = argv[optind];
	if (!request.has_from)
		return request.has_to || request.dry ? ctl_usage(ctl, "backfill needs --from")
						     : show(ctl, request.template, NULL);
	int code = take_span(ctl, &request);
	if (code != EX_OK)
		return code;
	return request.dry ? dry_run(ctl, &request) : ask(ctl, &request);
}

const struct ctl_command command_backfill = {
	.name = "backfill",
	.args = "TEMPLATE",
	.help = "make what a template has no instance of in a span of the past",
	.run = run,
	.options = options,
	.role = "recurd_worker",
};
