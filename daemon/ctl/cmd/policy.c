/* recurctl policy, pause and resume: what holds for one template alone.  The words are checked by recurd.set_policy and
 * its like, so that applications and people meet the same errors. */
#include <string.h>

#include "ctl/args.h"
#include "ctl/ctl.h"
#include "ctl/table.h"
#include "db/params.h"
#include "db/rows.h"
#include "util/mem.h"

/* Columns of ctl_policy.sql. */
enum { P_ID };

static void print_policy(const struct ctl *ctl, const PGresult *found)
{
	static const struct column columns[] = {
		{ "id", "template", COLUMN_ID },
		{ "catch_up", "catch up", 0 },
		{ "catch_up_window", "window", COLUMN_SPAN },
		{ "catch_up_cap", "cap", 0 },
		{ "overlap", "overlap", 0 },
		{ "lead_time", "lead time", COLUMN_SPAN },
		{ "jitter", "jitter", COLUMN_SPAN },
		{ "remind_before", "remind before", COLUMN_WHOLE },
		{ "calendar", "calendar", 0 },
		{ "shift", "shift", 0 },
		{ "pause_catch_up", "after a pause", 0 },
		{ "pause_reason", "pause reason", COLUMN_WHOLE },
		{ "paused_by", "paused by", 0 },
		{ "paused_until", "paused until", 0 },
		{ "is_active", "active", 0 },
		{ "wake_at", "looked at", 0 },
		{ "updated_at", "changed", 0 },
		{ "updated_by", "changed by", 0 },
	};
	struct table *record = record_begin(stdout, ctl->json, columns, ARRAY_LEN(columns));
	table_row(record, found, 0);
	table_end(record, NULL);
}

/* Its row, by the id as it was typed or meant. */
static int find(struct ctl *ctl, const char *id, PGresult **ret_found)
{
	PQclear(*ret_found);
	*ret_found = NULL;
	int code = ctl_query_id(ctl, QUERY_CTL_POLICY, id, ret_found);
	if (code == EX_OK && PQntuples(*ret_found) == 0)
		return ctl_error(EX_DATAERR, "there is no template \"%s\"", id);
	return code;
}

/* Somebody else's row lock must not hold us up without a word. */
static int begin(struct ctl *ctl)
{
	return ctl_exec(ctl, "begin; set local lock_timeout = '5s'");
}

/* What it says afterwards. */
static int finish(struct ctl *ctl, const char *id)
{
	PGresult *found CLEANUP(ctl_clear) = NULL;
	int code = find(ctl, id, &found);
	if (code == EX_OK)
		code = ctl_exec(ctl, "commit");
	if (code == EX_OK)
		print_policy(ctl, found);
	return code;
}

static int call(struct ctl *ctl, enum query_id query, const struct params *params)
{
	PGresult *nothing CLEANUP(ctl_clear) = NULL;
	return ctl_query(ctl, query, params, &nothing);
}

/* ---- policy ---- */

static int set(struct ctl *ctl, const char *id, const char *word)
{
	struct params params CLEANUP(params_free);
	const char *value = strchr(word, '=');
	char *key CLEANUP(mem_cleanup) = mem_printf("%.*s", (int)(value - word), word);
	params_init(&params);
	params_text(&params, id);
	params_text(&params, key);
	params_text(&params, value + 1);
	return call(ctl, QUERY_CTL_POLICY_SET, &params);
}

static int run_policy(struct ctl *ctl, int argc, char **argv)
{
	PGresult *found CLEANUP(ctl_clear) = NULL;
	while (ctl_getopt(ctl, argc, argv) != -1)
		;
	if (optind >= argc)
		return ctl_usage(ctl, "policy takes the id of a template");
	for (int i = optind + 1; i < argc; i++)
		if (!strchr(argv[i], '=') || *argv[i] == '=')
			return ctl_usage(
				ctl, "\"%s\": expected KEY=VALUE, or KEY= to clear it", argv[i]);
	int code = begin(ctl);
	if (code == EX_OK)
		code = find(ctl, argv[optind], &found);
	for (int i = optind + 1; code == EX_OK && i < argc; i++)
		code = set(ctl, row_text(found, 0, P_ID), argv[i]);
	return code == EX_OK ? finish(ctl, argv[optind]) : code;
}

static const struct ctl_option no_options[] = { { NULL, 0, NULL, NULL } };

const struct ctl_command command_policy = {
	.name = "policy",
	.args = "TEMPLATE [KEY=VALUE...]",
	.help = "show or set what holds for one template",
	.run = run_policy,
	.options = no_options,
	.role = "recurd_worker",
};

/* ---- pause, resume ---- */

enum { OPT_UNTIL = 256, OPT_REASON };

static const struct ctl_option pause_options[] = {
	{ "until", OPT_UNTIL, "TIME", "resume it then: an instant, a date or a span (7d)" },
	{ "reason", OPT_REASON, "TEXT", "why, for those who ask" },
	{ NULL, 0, NULL, NULL },
};

struct pause {
	const char *reason;
	bool has_until;
	struct arg_bound until;
};

static void pause_params(const struct pause *pause, const char *id, struct params *params)
{
	enum { TIMESTAMPTZ = 1184, INT8 = 20 };
	params_init(params);
	params_text(params, id);
	params_text(params, pause->reason);
	if (pause->has_until && !pause->until.is_span)
		params_instant(params, pause->until.value);
	else
		params_null(params, TIMESTAMPTZ);
	if (pause->has_until && pause->until.is_span)
		params_int8(params, pause->until.value);
	else
		params_null(params, INT8);
}

static int run_pause(struct ctl *ctl, int argc, char **argv)
{
	PGresult *found CLEANUP(ctl_clear) = NULL;
	struct params params CLEANUP(params_free) = { 0 };
	struct pause pause = { 0 };
	struct err err;
	int option;
	while ((option = ctl_getopt(ctl, argc, argv)) != -1) {
		if (option == OPT_REASON)
			pause.reason = optarg;
		else if (!arg_bound(optarg, &pause.until, &err))
			return ctl_usage(ctl, "--until: %s", err.text);
		pause.has_until = pause.has_until || option == OPT_UNTIL;
	}
	if (optind + 1 != argc)
		return ctl_usage(ctl, "pause takes the id of one template");
	int code = begin(ctl);
	if (code == EX_OK)
		code = find(ctl, argv[optind], &found);
	if (code != EX_OK)
		return code;
	pause_params(&pause, row_text(found, 0, P_ID), &params);
	code = call(ctl, QUERY_CTL_PAUSE, &params);
	return code == EX_OK ? finish(ctl, argv[optind]) : code;
}

const struct ctl_command command_pause = {
	.name = "pause",
	.args = "TEMPLATE",
	.help = "make nothing of a template for a while",
	.run = run_pause,
	.options = pause_options,
	.role = "recurd_worker",
};

static int run_resume(struct ctl *ctl, int argc, char **argv)
{
	PGresult *found CLEANUP(ctl_clear) = NULL;
	struct params params CLEANUP(params_free) = { 0 };
	while (ctl_getopt(ctl, argc, argv) != -1)
		;
	if (optind + 1 != argc)
		return ctl_usage(ctl, "resume takes the id of one template");
	int code = begin(ctl);
	if (code == EX_OK)
		code = find(ctl, argv[optind], &found);
	if (code != EX_OK)
		return code;
	params_init(&params);
	params_text(&params, row_text(found, 0, P_ID));
	code = call(ctl, QUERY_CTL_RESUME, &params);
	return code == EX_OK ? finish(ctl, argv[optind]) : code;
}

const struct ctl_command command_resume = {
	.name = "resume",
	.args = "TEMPLATE",
	.help = "end the pause of a template",
	.run = run_resume,
	.options = no_options,
	.role = "recurd_worker",
};
