/* The commands of recurctl: a new one is a new row. */
#include "ctl/ctl.h"

#include "ctl/commands.h"

const struct ctl_command ctl_commands[] = {
	{ "status", "", "what is going on, on one screen; with --check, for monitoring", cmd_status,
		status_options },
};

const size_t ctl_commands_len = ARRAY_LEN(ctl_commands);
