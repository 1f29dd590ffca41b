/* fates: what start.c (anchor), backlog.c (walk), plan.c (verdicts) and outlook.c share;
 * nobody else includes it. */
#pragma once

#include "plan/plan.h"
#include "recur/recurrence.h"

enum verdict {
	MAKE = PLAN_SKIPS,
	EXCLUDED, /* by an override: used up, not worth a word */
};

struct entry {
	usec_t at; /* when it is due: nominal, unless an override moved it */
	usec_t nominal; /* its identity */
	int verdict; /* enum plan_skip or enum verdict */
	const char *title, *description, *priority; /* of an override; the rule's memory */
};

struct planner {
	const struct template *template;
	const struct plan_policy *policy;
	usec_t now;
	struct plan *plan;
	struct rule *rule;
	const struct zone *zone;
	struct recurrence *recurrence;
	usec_t due; /* next_due_at, or what recurd planned where that is history */
	bool ours; /* due is what recurd planned */
	bool history; /* due was made or passed over already */
	bool first_stands; /* due is an occurrence as it stands */
	bool rezoned; /* the data of its zone have changed, nothing else */
	sec_t after; /* the walk goes on after this instant */
	bool adopting; /* from before live_since, never planned by us */
	/* What the walk found, in order. */
	struct entry *entries;
	size_t n, size;
	size_t makes; /* entries that would be made */
	int slices; /* of computation, used up */
	int64_t excluded_ahead; /* between now and ahead: used up once they are passed */
	bool reached; /* it came to the present, or to the rule's end */
	bool at_end; /* ... to the rule's end */
	usec_t ahead; /* ... or this is the next occurrence after now */
	int64_t jumped; /* about so many more were passed over, all of one verdict, up to ... */
	usec_t jumped_to;
};

/* start.c: parses the rule, finds the anchor and what is next.  false: the template is to be
 * quarantined, err says why. */
bool plan_start(struct planner *p, struct err *err) NODISCARD;
/* The next occurrence of the open recurrence; RECUR_AGAIN: the plan's slices are used up. */
enum recur_status plan_next_occurrence(
	struct planner *p, struct occurrence *ret, struct err *err) NODISCARD;
/* Whether something of the set stands at that instant, and what. */
bool plan_find_at(struct planner *p, sec_t instant, bool *ret_found, struct occurrence *ret,
	struct err *err) NODISCARD;
bool plan_counts_itself(const struct planner *p);
sec_t plan_later_of(sec_t second, usec_t instant); /* TEMPLATE_NONE is earlier than all */

/* backlog.c: plan_start, then collects entries up to the present. */
bool plan_walk(struct planner *p, struct err *err) NODISCARD;
