/* recurctl retry: what is in quarantine, or waits, is tried at once. */
#include <inttypes.h>
#include <stdio.h>

#include "ctl/cmd/causes.h"
#include "ctl/ctl.h"
#include "ctl/table.h"
#include "db/params.h"

enum { OPT_ALL_FAILED = 256 };

static const struct ctl_option options[] = {
	{ "all-failed", OPT_ALL_FAILED, NULL, "every template and task that is in quarantine" },
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
		{ "next_due_at", "DUE, OR COMPLETED", 0 },
		{ "failure", "HAD FAILED FOR", 0 },
		{ "waited", "WAITED", 0 },
		{ "title", "TITLE", COLUMN_JSON_ONLY },
	};
	return table_begin(stdout, ctl->json, columns, ARRAY_LEN(columns));
}

/* Out of quarantine; id: NULL: all of them. */
static int take_failed(
	struct ctl *ctl, const char *id, PGresult **ret_templates, PGresult **ret_tasks)
{
	int code = ctl_query_id(ctl, QUERY_CTL_RETRY, id, ret_templates);
	return code == EX_OK ? ctl_query_id(ctl, QUERY_CTL_RETRY_TASKS, id, ret_tasks) : code;
}

/* Of a template or a task: out of quarantine, and out of what waits. */
static int retry_one(struct ctl *ctl, const char *id)
{
	PGresult *failed CLEANUP(ctl_clear) = NULL, *tasks CLEANUP(ctl_clear) = NULL,
			 *waited CLEANUP(ctl_clear) = NULL;
	int code = begin(ctl);
	if (code == EX_OK)
		code = take_failed(ctl, id, &failed, &tasks);
	if (code == EX_OK)
		code = ctl_query_id(ctl, QUERY_CTL_RETRY_WAITING, id, &waited);
	if (code == EX_OK)
		code = ctl_exec(ctl, "commit");
	if (code != EX_OK)
		return code;
	if (PQntuples(failed) + PQntuples(tasks) + PQntuples(waited) == 0)
		return ctl_error(EX_DATAERR,
			"no template or task \"%s\" is in quarantine, and none of this id waits",
			id);
	struct table *table = begin_table(ctl);
	table_rows(table, failed);
	table_rows(table, tasks);
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
	strbuf_add_text(&text, "no template or task is in quarantine");
	if (templates + reminders > 0)
		strbuf_addf(&text,
			"; %" PRId64 "%s templates and %" PRId64
			"%s reminders wait, to try them: recurctl retry",
			templates, more_templates ? "+" : "", reminders, more_reminders ? "+" : "");
	table_end(table, text.data);
}

static int retry_failed(struct ctl *ctl)
{
	PGresult *failed CLEANUP(ctl_clear) = NULL, *tasks CLEANUP(ctl_clear) = NULL,
			 *causes CLEANUP(ctl_clear) = NULL;
	int code = begin(ctl);
	if (code == EX_OK)
		code = take_failed(ctl, NULL, &failed, &tasks);
	if (code == EX_OK)
		code = ctl_query(ctl, QUERY_CTL_CAUSES, NULL, &causes);
	if (code == EX_OK)
		code = ctl_exec(ctl, "commit");
	if (code != EX_OK)
		return code;
	struct table *table = begin_table(ctl);
	table_rows(table, failed);
	table_rows(table, tasks);
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
