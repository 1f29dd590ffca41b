/* rule_take: values of a rule's JSON that hold several, or one of a few.  For rule_json.c; err as of
 * rule_value_fail. */
#pragma once

#include <jansson.h>

#include "recur/rule_def.h"
#include "util/err.h"

/* One named value of a few, lower case as in RFC 8984; -1: none of them. */
int rule_take_name(const char *const *names, int n, const json_t *value);
bool rule_take_constant(
	const json_t *value, const char *path, const char *expected, struct err *err);
/* The stored form: ["mon", "fri"]. */
bool rule_take_days(struct rule *rule, const json_t *value, const char *path, struct err *err);
/* RFC 8984: [{"day": "mo", "nthOfPeriod": 1}]. */
bool rule_take_by_day(struct rule *rule, const json_t *value, const char *path, struct err *err);
/* true, a number or a list of numbers; the name of a calendar. */
bool rule_take_workday(struct rule *rule, const json_t *value, const char *path, struct err *err);
bool rule_take_calendar(struct rule *rule, const json_t *value, const char *path, struct err *err);
/* Numbers. */
bool rule_take_list(struct rule *rule, const json_t *value, enum rule_part part, const char *path,
	struct err *err);
