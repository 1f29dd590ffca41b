/* successor: the task that follows when one with a rule of its own is completed.  Pure.
 *
 * The rule's repeatFrom says what it goes on from:
 *   due         its due date: the next occurrence after it that lies after the completion, so that a task that
 *               was completed three weeks late does not come back three times
 *   each        its due date: the next occurrence, even where that has passed
 *   completion  the day of the completion, at the time of day at which it was due; where the rule counts hours,
 *               minutes or seconds, the instant of the completion.  Nobody chose that day: a month that lacks it
 *               has it on its last one.  Where the rule names days, what was due is not due again
 * A task without a due date goes on from its completion, at the time of day of its reminder, or at the minute at
 * which it was completed.
 *
 * The chain keeps its anchor, so that neither a short month (the 31st that became the 28th) nor a gap of the
 * clock makes it drift; one whose due date the application moved off the set, or whose rule was edited so, begins
 * anew there.  In another zone than before it keeps its local time.  COUNT is how many tasks the chain still has,
 * this one included: what was passed over does not count.  Of overrides, those that exclude, add or move an
 * occurrence are followed; their titles and priorities are for templates.
 * The reminder keeps its distance to the due date; where there was none, it comes when the successor is due.  One
 * that would have come before the completion is handled already.
 */
#pragma once

#include "plan/policy.h"
#include "plan/template.h"

struct successor_task {
	const char *id, *user_id;
	const char *rule; /* JSON; NULL: larger than RULE_BYTES_MAX */
	size_t rule_len;
	const char *user_zone; /* of recurd.preferences; NULL: none */
	usec_t due_at, remind_at; /* TEMPLATE_NONE: none */
	usec_t completed_at;
	/* Of the chain; NULL: this task is its first. */
	const char *starts_zone;
	sec_t starts_local;
	usec_t planned_due_at; /* the due date that recurd gave to this task */
};

enum successor_outcome {
	SUCCESSOR_FOLLOWS,
	SUCCESSOR_NONE, /* the rule has no further occurrence */
	SUCCESSOR_FAILED, /* there can be none until rule or due date are mended: failure says why */
	SUCCESSOR_POSTPONED, /* not now, for a reason that passes: failure says why */
};

struct successor {
	enum successor_outcome outcome;
	usec_t due_at;
	usec_t remind_at, reminded_at; /* TEMPLATE_NONE: null */
	sec_t starts_local; /* the chain's anchor, in this zone */
	char starts_zone[ZONE_NAME_MAX + 1];
	char *rule; /* JSON; NULL: as it was */
	struct err failure;
};

/* Texts of the task are read by this call alone.  successor_finish follows, whatever came out. */
void successor_make(const struct successor_task *task, const struct plan_policy *policy,
	struct successor *ret_successor);
void successor_finish(struct successor *successor);
