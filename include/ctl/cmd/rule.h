/* rule: a RULE as people type it, which the commands next and validate take: JSON, RRULE text
 * ("FREQ=..."), or cron's five fields.
 */
#pragma once

#include "conf/conf.h"
#include "recur/recurrence.h"
#include "util/strbuf.h"

/* What stands beside it on the command line. */
struct rule_anchor {
	const char *zone_name; /* of a rule that names none; NULL: the configuration's */
	sec_t start; /* wall time */
	bool has_start; /* without it: the rule's DTSTART, else now */
};

struct typed_rule {
	struct rule *rule;
	const struct zone *zone;
	sec_t start;
	struct recurrence *recurrence;
};

/* Becomes the JSON of recurrence_rule. */
void rule_argument(const char *text, struct strbuf *json);
/* As the daemon would take it; err says why it would not.  The zones must be open. */
bool typed_rule_open(const struct conf *conf, const char *text, const struct rule_anchor *anchor,
	struct typed_rule *ret_typed, struct err *err) NODISCARD;
void typed_rule_close(struct typed_rule *typed); /* accepts a zeroed one; for CLEANUP */
