/* cmd_rule: the commands of recurctl about rules: next, expand. */
#pragma once

#include "ctl/ctl.h"
#include "util/strbuf.h"

int cmd_next(struct ctl *ctl, int argc, char **argv);
extern const struct ctl_option next_options[];
/* The zones must be open. */
int next_of_template(struct ctl *ctl, const char *id, int64_t n);
int cmd_expand(struct ctl *ctl, int argc, char **argv);
extern const struct ctl_option expand_options[];

/* A RULE as people type it: JSON, RRULE text ("FREQ=..."), cron's five fields; becomes the JSON of recurrence_rule. */
void rule_argument(const char *text, struct strbuf *json);
/* Would the daemon take this RULE from this start?  err says why not. */
bool validate_rule_text(
	const struct conf *conf, const char *text, sec_t start_wall, struct err *err) NODISCARD;
