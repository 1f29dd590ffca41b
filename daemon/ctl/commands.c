/* The commands of recurctl: a new one is a new row. */
#include "ctl/commands.h"
#include "ctl/migrate/migrate.h"

#include "ctl/cmd/rule.h"

const struct ctl_command ctl_commands[] = {
	{ "migrate", "up | down | status | verify", "apply, undo and check the steps of the schema",
		cmd_migrate, migrate_options, NULL },
	{ "preflight", "", "what a first start of recurd would do on this database", cmd_preflight,
		preflight_options, NULL },
	{ "status", "", "what is going on, on one screen; --check: for monitoring", cmd_status,
		status_options, "recurd_reader" },
	{ "workers", "", "the running daemons, and those that died", cmd_workers, workers_options,
		"recurd_reader" },
	{ "upcoming", "", "what comes next: occurrences and reminders", cmd_upcoming,
		upcoming_options, "recurd_reader" },
	{ "list", "", "templates", cmd_list, list_options, "recurd_reader" },
	{ "show", "ID", "everything about one template or task", cmd_show, show_options,
		"recurd_reader" },
	{ "next", "RULE... | --template ID", "what a rule means, and when it falls due next",
		cmd_next, next_options, "recurd_reader" },
	{ "expand", "", "answer JSON lines of rules with their occurrences", cmd_expand,
		expand_options, NULL },
	{ "validate", "ID | RULE | --all", "every stored rule that would not work, and why",
		cmd_validate, validate_options, "recurd_reader" },
	{ "retry", "ID | --all-failed", "take templates out of quarantine", cmd_retry,
		retry_options, "recurd_worker" },
};

const size_t ctl_commands_len = ARRAY_LEN(ctl_commands);
