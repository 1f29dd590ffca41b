/* commands: the functions behind ctl_commands, and the options that each takes. */
#pragma once

#include "ctl/ctl.h"

int cmd_status(struct ctl *ctl, int argc, char **argv);
extern const struct ctl_option status_options[];
int cmd_workers(struct ctl *ctl, int argc, char **argv);
extern const struct ctl_option workers_options[];
int cmd_upcoming(struct ctl *ctl, int argc, char **argv);
extern const struct ctl_option upcoming_options[];
int cmd_list(struct ctl *ctl, int argc, char **argv);
extern const struct ctl_option list_options[];
int cmd_show(struct ctl *ctl, int argc, char **argv);
extern const struct ctl_option show_options[];
int cmd_retry(struct ctl *ctl, int argc, char **argv);
extern const struct ctl_option retry_options[];
int cmd_validate(struct ctl *ctl, int argc, char **argv);
extern const struct ctl_option validate_options[];
int cmd_preflight(struct ctl *ctl, int argc, char **argv);
extern const struct ctl_option preflight_options[];
