/* recurctl workers: the running daemons, and those that died. */
#include "ctl/cmd/workers.h"

#include <stdio.h>
#include <string.h>

#include "ctl/table.h"
#include "db/rows.h"
#include "util/text.h"

enum { OPT_FORGET = 256, OPT_DEAD };

static const struct ctl_option options[] = {
	{ "forget", OPT_FORGET, "NAME", "forget those of this name that are not alive" },
	{ "dead", OPT_DEAD, NULL, "forget all that are not alive" },
	{ NULL, 0, NULL, NULL },
};

int workers_tell_differences(struct ctl *ctl, struct strbuf *text)
{
	PGresult *result CLEANUP(ctl_clear) = NULL;
	int code = ctl_query(ctl, QUERY_CTL_WORKERS_DIFFER, NULL, &result);
	for (int row = 0; code == EX_OK && row < PQntuples(result); row++)
		strbuf_addf(text, "%s%s: %s", text->len > 0 ? "; " : "", row_text(result, row, 0),
			row_text(result, row, 1));
	return code;
}

static int list(struct ctl *ctl)
{
	static const struct column columns[] = {
		{ "name", "NAME", COLUMN_ID },
		{ "state", "STATE", 0 },
		{ "pid", "PID", COLUMN_RIGHT },
		{ "version", "VERSION", 0 },
		{ "tzdata", "TZDATA", 0 },
		{ "file", "FILE", COLUMN_JSON_ONLY },
		{ "started_at", "STARTED", 0 },
		{ "seen_at", "SEEN", COLUMN_JSON_ONLY },
		{ "silent_seconds", "SILENT FOR", COLUMN_RIGHT | COLUMN_SPAN },
		{ "heartbeat_seconds", "HEARTBEAT", COLUMN_RIGHT | COLUMN_SPAN },
		{ "generated", "GENERATED", COLUMN_RIGHT },
		{ "reminded", "REMINDED", COLUMN_RIGHT },
		{ "quarantined", "QUARANTINED", COLUMN_RIGHT },
		{ "id", "ID", COLUMN_JSON_ONLY },
		{ "options", "OPTIONS", COLUMN_JSON_ONLY },
		{ "figures", "FIGURES", COLUMN_JSON_ONLY | COLUMN_RAW },
	};
	PGresult *result CLEANUP(ctl_clear) = NULL;
	struct strbuf differ CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	struct strbuf line CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	int code = ctl_begin_bounded(ctl);
	if (code == EX_OK)
		code = ctl_query(ctl, QUERY_CTL_WORKERS, NULL, &result);
	if (code == EX_OK)
		code = workers_tell_differences(ctl, &differ);
	if (code != EX_OK)
		return code;
	struct table *table = table_begin(stdout, ctl->json, columns, ARRAY_LEN(columns));
	table_rows(table, result);
	table_end(table, "no worker has left a row");
	(void)text_add_terminal(&line, differ.data, 0);
	if (!ctl->json && line.len > 0)
		printf("\nLive workers differ in %s\n", line.data);
	return EX_OK;
}

/* name: NULL means all.  One that is alive would come back with its next sign of life. */
static int forget(struct ctl *ctl, const char *name)
{
	static const struct column columns[] = {
		{ "name", "NAME", COLUMN_ID },
		{ "state", "WAS", 0 },
		{ "seen_at", "LAST SEEN", 0 },
	};
	PGresult *result CLEANUP(ctl_clear) = NULL;
	ctl->role = "recurd_worker";
	int code = ctl_query_id(ctl, QUERY_CTL_WORKERS_FORGET, name, &result);
	if (code != EX_OK)
		return code;
	if (name && PQntuples(result) == 0)
		return ctl_error(EX_DATAERR,
			"no worker \"%s\" that is dead has left a row; one that is alive is "
			"stopped, not forgotten",
			name);
	struct table *table = table_begin(stdout, ctl->json, columns, ARRAY_LEN(columns));
	table_rows(table, result);
	table_end(table, "no worker is dead");
	return EX_OK;
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	const char *name = NULL;
	bool dead = false;
	for (int letter; (letter = ctl_getopt(ctl, argc, argv)) != -1;) {
		/* "--forget --dead" says it, too. */
		if (letter == OPT_FORGET && strcmp(optarg, "--dead") != 0)
			name = optarg;
		else
			dead = true;
	}
	if (optind < argc)
		return ctl_usage(ctl, "workers takes no argument");
	if (name && dead)
		return ctl_usage(ctl, "--forget NAME or --dead, not both");
	return name || dead ? forget(ctl, name) : list(ctl);
}

const struct ctl_command command_workers = {
	.name = "workers",
	.args = "",
	.help = "the running daemons, and those that died",
	.run = run,
	.options = options,
	.role = "recurd_reader",
};
