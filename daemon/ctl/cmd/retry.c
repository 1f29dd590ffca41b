/* recurctl retry: takes templates out of quarantine. */
#include <stdio.h>

#include "ctl/ctl.h"
#include "ctl/table.h"
#include "db/params.h"

enum { OPT_ALL_FAILED = 256 };

static const struct ctl_option options[] = {
	{ "all-failed", OPT_ALL_FAILED, NULL, "every template that is in quarantine" },
	{ NULL, 0, NULL, NULL },
};

static int run(struct ctl *ctl, int argc, char **argv)
{
	static const struct column columns[] = {
		{ "id", "ID", COLUMN_ID },
		{ "next_due_at", "NEXT DUE", 0 },
		{ "failure", "HAD FAILED FOR", 0 },
		{ "title", "TITLE", COLUMN_JSON_ONLY },
	};
	struct params params CLEANUP(params_free);
	PGresult *result CLEANUP(ctl_clear) = NULL;
	bool all_failed = false;
	params_init(&params);
	while (ctl_getopt(ctl, argc, argv) != -1)
		all_failed = true;
	if (all_failed ? optind != argc : optind + 1 != argc)
		return ctl_usage(ctl, "retry takes one template's ID, or --all-failed");
	const char *id = all_failed ? NULL : argv[optind];
	params_text(&params, id);
	/* Somebody else's row lock must not hold us up without a word. */
	int code = ctl_exec(ctl, "begin; set local lock_timeout = '5s'");
	if (code == EX_OK)
		code = ctl_query(ctl, QUERY_CTL_RETRY, &params, &result);
	if (code == EX_OK)
		code = ctl_exec(ctl, "commit");
	if (code != EX_OK)
		return code;
	if (id && PQntuples(result) == 0)
		return ctl_error(EX_DATAERR, "no template \"%s\" is in quarantine", id);
	struct table *table = table_begin(stdout, ctl->json, columns, ARRAY_LEN(columns));
	table_rows(table, result);
	table_end(table, "no template is in quarantine");
	return EX_OK;
}

const struct ctl_command command_retry = {
	.name = "retry",
	.args = "ID | --all-failed",
	.help = "take templates out of quarantine",
	.run = run,
	.options = options,
	.role = "recurd_worker",
};
