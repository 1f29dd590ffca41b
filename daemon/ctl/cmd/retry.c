/* recurctl retry: what is in quarantine, or waits, is tried at once. */
#include <inttypes.h>
#include <stdio.h>

#include "ctl/cmd/causes.h"
#include "ctl/ctl.h"
#include "ctl/table.h"
#include "db/params.h"

enum { OPT_ALL_FAILED = 256 };

static const struct ctl_option options[] = {
	{ "all-failed", OPT_ALL_FAILED, NULL, "every template that is in quarantine" },
	{ NULL, 0, NULL, NULL },
};

/* Somebody else's row lock must not hold us up without a word. */
static int begin(struct ctl *ctl)
{
	return ctl_exec(ctl, "begin; set local lock_timeout = '5s'");
}

static struct table *begin_table(const struct ctl *ctl)
{
	static const struct column columns[] = {
		{ "id", "ID", COLUMN_ID },
		{ "next_due_at", "DUE", 0 },
		{ "failure", "HAD FAILED FOR", 0 },
		{ "waited", "WAITED", 0 },
		{ "title", "TITLE", COLUMN_JSON_ONLY },
	};
	return table_begin(stdout, ctl->json, columns, ARRAY_LEN(columns));
}

/* Of a template, or of a task that waits: out of quarantine, and out of what waits. */
static int retry_one(struct ctl *ctl, const char *id)
{
	PGresult *failed CLEANUP(ctl_clear) = NULL, *waited CLEANUP(ctl_clear) = NULL;
	int code = begin(ctl);
	if (code == EX_OK)
		code = ctl_query_id(ctl, QUERY_CTL_RETRY, id, &failed);
	if (code == EX_OK)
		code = ctl_query_id(ctl, QUERY_CTL_RETRY_WAITING, id, &waited);
	if (code == EX_OK)
		code = ctl_exec(ctl, "commit");
	if (code != EX_OK)
		return code;
	if (PQntuples(failed) + PQntuples(waited) == 0)
		return ctl_error(EX_DATAERR,
			"no template \"%s\" is in quarantine, and no template or task of this id "
			"waits",
			id);
	struct table *table = begin_table(ctl);
	table_rows(table, failed);
	table_rows(table, waited);
	table_end(table, NULL);
	return EX_OK;
}

/* "no template is in quarantine" is not all that there is to say while something waits. */
static void end_failed(struct table *table, const PGresult *causes)
{
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	bool more_templates, more_reminders;
	int64_t templates = causes_count(causes, true, &more_templates);
	int64_t reminders = causes_count(causes, false, &more_reminders);
	strbuf_add_text(&text, "no template is in quarantine");
	if (templates + reminders > 0)
		strbuf_addf(&text,
			"; %" PRId64 "%s templates and %" PRId64
			"%s reminders wait, to try them: recurctl retry",
			templates, more_templates ? "+" : "", reminders, more_reminders ? "+" : "");
	table_end(table, text.data);
}

static int retry_failed(struct ctl *ctl)
{
	PGresult *failed CLEANUP(ctl_clear) = NULL, *causes CLEANUP(ctl_clear) = NULL;
	int code = begin(ctl);
	if (code == EX_OK)
		code = ctl_query_id(ctl, QUERY_CTL_RETRY, NULL, &failed);
	if (code == EX_OK)
		code = ctl_query(ctl, QUERY_CTL_CAUSES, NULL, &causes);
	if (code == EX_OK)
		code = ctl_exec(ctl, "commit");
	if (code != EX_OK)
		return code;
	struct table *table = begin_table(ctl);
	table_rows(table, failed);
	end_failed(table, causes);
	return EX_OK;
}

/* Whatever waits is due now. */
static int retry_causes(struct ctl *ctl)
{
	PGresult *updated CLEANUP(ctl_clear) = NULL, *causes CLEANUP(ctl_clear) = NULL;
	int code = begin(ctl);
	if (code == EX_OK)
		code = ctl_query(ctl, QUERY_CTL_RETRY_CAUSES, NULL, &updated);
	if (code == EX_OK)
		code = ctl_query(ctl, QUERY_CTL_CAUSES, NULL, &causes);
	if (code == EX_OK)
		code = ctl_exec(ctl, "commit");
	if (code != EX_OK)
		return code;
	struct table *table = causes_table(stdout, ctl->json);
	causes_rows(table, causes);
	table_end(table, "nothing waits");
	return EX_OK;
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	bool all_failed = false;
	while (ctl_getopt(ctl, argc, argv) != -1)
		all_failed = true;
	if (optind + (all_failed ? 0 : 1) < argc)
		return ctl_usage(ctl, "retry takes one ID, or --all-failed, or nothing");
	if (all_failed)
		return retry_failed(ctl);
	return optind < argc ? retry_one(ctl, argv[optind]) : retry_causes(ctl);
}

const struct ctl_command command_retry = {
	.name = "retry",
	.args = "[ID | --all-failed]",
	.help = "try at once what waits, or what is in quarantine",
	.run = run,
	.options = options,
	.role = "recurd_worker",
};
