/* workdays_rule: the days that a rule of a calendar gives.  For workdays.c. */
#pragma once

#include <stdbool.h>

#include "util/err.h"

struct workdays_rule;

/* first: of its days, and where it starts.  false: err says why no calendar can have such a rule. */
bool workdays_rule_open(const char *text, int64_t first, struct workdays_rule **ret_rule,
	struct err *err) NODISCARD;
void workdays_rule_close(struct workdays_rule *rule);
/* Its first day that is neither before `from` nor after `last`. */
bool workdays_rule_next(
	struct workdays_rule *rule, int64_t from, int64_t last, int64_t *ret_day) NODISCARD;
