/* recurctl workers: the running daemons, and those that died. */
#include <stdio.h>

#include "ctl/ctl.h"
#include "ctl/table.h"

static const struct ctl_option options[] = {
	{ NULL, 0, NULL, NULL },
};

static int run(struct ctl *ctl, int argc, char **argv)
{
	static const struct column columns[] = {
		{ "name", "NAME", COLUMN_ID },
		{ "state", "STATE", 0 },
		{ "pid", "PID", COLUMN_RIGHT },
		{ "version", "VERSION", 0 },
		{ "started_at", "STARTED", 0 },
		{ "seen_at", "SEEN", COLUMN_JSON_ONLY },
		{ "silent_seconds", "SILENT FOR", COLUMN_RIGHT | COLUMN_SPAN },
		{ "heartbeat_seconds", "HEARTBEAT", COLUMN_RIGHT | COLUMN_SPAN },
		{ "generated", "GENERATED", COLUMN_RIGHT },
		{ "reminded", "REMINDED", COLUMN_RIGHT },
		{ "quarantined", "QUARANTINED", COLUMN_RIGHT },
		{ "id", "ID", COLUMN_JSON_ONLY },
		{ "figures", "FIGURES", COLUMN_JSON_ONLY | COLUMN_RAW },
	};
	PGresult *result CLEANUP(ctl_clear) = NULL;
	while (ctl_getopt(ctl, argc, argv) != -1)
		;
	if (optind < argc)
		return ctl_usage(ctl, "workers takes no argument");
	int code = ctl_query(ctl, QUERY_CTL_WORKERS, NULL, &result);
	if (code != EX_OK)
		return code;
	struct table *table = table_begin(stdout, ctl->json, columns, ARRAY_LEN(columns));
	table_rows(table, result);
	table_end(table, "no worker has left a row");
	return EX_OK;
}

const struct ctl_command command_workers = {
	.name = "workers",
	.args = "",
	.help = "the running daemons, and those that died",
	.run = run,
	.options = options,
	.role = "recurd_reader",
};
