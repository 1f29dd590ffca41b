/* commands: the functions behind ctl_commands, and the options that each takes. */
#pragma once

#include "ctl/ctl.h"

int cmd_status(struct ctl *ctl, int argc, char **argv);
extern const struct ctl_option status_options[];
