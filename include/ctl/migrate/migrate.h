/* migrate: `recurctl migrate up | down | status | verify`. */
#pragma once

#include "ctl/ctl.h"

int cmd_migrate(struct ctl *ctl, int argc, char **argv);
extern const struct ctl_option migrate_options[];
