/* changes: what the overrides of a rule come to from one zone's point of view.  Inside recur/ only.
 *
 * Overrides name occurrences by local time, by instant, or all of a local date.  Here each is an instant,
 * in the order in which a recurrence meets them; of two that turn out to be of one occurrence the one that
 * leaves it out stays.  A date leaves out whatever falls on it, and any other override of that day with it.
 */
#pragma once

#include "recur/rule_def.h"
#include "recur/zone.h"

/* An override, or what one of them adds, in the order in which occurrences are given. */
struct change {
	sec_t order; /* where it comes in */
	sec_t nominal, at;
	bool hides; /* the rule's own occurrence at `order` is not given (moved: given elsewhere) */
	bool if_occurs; /* adds nothing: all that name it say so */
	const struct override *override;
};

struct changes {
	struct change *list;
	size_t n;
	int64_t *days; /* day numbers that are left out, ascending */
	size_t days_n;
};

/* by_time: in the order of `at`, where what is moved leaves one place and comes in at another. */
void changes_init(
	struct changes *changes, const struct rule *rule, const struct zone *zone, bool by_time);
void changes_finish(struct changes *changes);
/* Is all of this wall time's date left out? */
bool changes_leave_out(const struct changes *changes, sec_t wall);
/* The first that comes after the instant. */
size_t changes_after(const struct changes *changes, sec_t instant);
