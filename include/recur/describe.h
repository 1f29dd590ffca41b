/* describe: the pieces that rule_describe puts together.  Inside recur/ only.
 *
 * The sentence is as exact as the rule: every filter shows, and no two rules that mean different sets have
 * the same one.
 */
#pragma once

#include "recur/rule_def.h"

/* Puts ", " between the items of a list whose length is known, and a word before the last. */
struct lister {
	struct strbuf *buf;
	int left, n;
	const char *word;
};

void list_next(struct lister *lister);
/* What stands beside the RRULE: zone, end, and the occurrences that are different. */
void describe_end(const struct rule *rule, struct strbuf *buf);
