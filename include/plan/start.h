/* start: where a template stands: its rule, zone and anchor, and what its next_due_at means.
 *
 * The rules are those in the head of plan.h.  For this folder alone; fates.h goes on from here.
 */
#pragma once

#include "plan/policy.h"
#include "plan/shift.h"
#include "plan/template.h"
#include "recur/recurrence.h"

/* Whose next_due_at is. */
enum standing {
	STANDS_PLANNED, /* recurd's: what it computed */
	STANDS_SET, /* the application's */
	STANDS_HISTORY, /* nobody's: made or passed over already */
};

/* Microseconds of planned_due_at: nothing stands there, but up to there nothing was found.  What recurd plans has
 * whole seconds otherwise. */
#define START_SEARCHED 999999

struct start {
	const struct template *template;
	const struct plan_policy *policy;
	struct rule *rule;
	const struct zone *zone;
	struct shift shift; /* by its policies */
	struct recurrence *recurrence;
	sec_t anchor; /* wall time */
	usec_t due; /* next_due_at, or what recurd planned where that is history */
	enum standing standing;
	bool first_stands; /* due is an occurrence as it stands */
	bool rezoned; /* the data of its zone have changed, nothing else */
	bool searched; /* up to what was planned, in vain */
	bool adopting; /* from before live_since, never planned by recurd */
	const struct zone
		*zone_before; /* by which it was planned; NULL: that is no zone any more */
	bool amended; /* overrides alone were edited, and what was next need not be any more */
	bool moved; /* it goes by another zone than before (move.h) */
	bool bounded; /* made_wall is not what the zone says of made */
	sec_t made; /* the latest instant at which something was made; INT64_MIN: none */
	sec_t made_wall; /* how far the series has been made, by its own clock */
	sec_t moved_to; /* with STANDS_PLANNED: where what was planned stands now */
	sec_t not_before; /* wall: of what was planned; INT64_MIN: nothing is known */
	usec_t made_through; /* where made_wall stands by the zone as it is now; TEMPLATE_NONE */
	sec_t after; /* it goes on after this instant */
	uint64_t
		before; /* COUNT used up by what lies before a series was met, and is not in used_count */
	int slices; /* of computation, used up */
};

/* Parses the rule, finds the anchor and what is next.  false: there can be no plan, err says why.
 * Either way start_finish follows.  Template and policy must stay. */
bool start_find(const struct template *template, const struct plan_policy *policy,
	struct start *ret_start, struct err *err) NODISCARD;
void start_finish(struct start *start);

/* The rule and its zone alone, of a start that has template and policy and nothing else. */
bool start_rule(struct start *start, struct err *err) NODISCARD;

/* The next occurrence of its recurrence.  RECUR_AGAIN: its slices, START_SLICES_MAX, are used up; who
 * cannot do with what was found until then fails by start_give_up, which returns false. */
#define START_SLICES_MAX 8 /* of about a millisecond: what one plan may compute */
enum recur_status start_search(
	struct start *start, struct occurrence *ret_occurrence, struct err *err) NODISCARD;
bool start_give_up(struct err *err);
/* Overrides may add to the set what no zone moves. */
bool start_has_fixed(const struct start *start);
/* Of its recurrence (recurrence.h). */
unsigned start_flags(const struct rule *rule);
/* RECUR_FOUND: something of the set stands at that instant; RECUR_END: nothing does. */
enum recur_status start_search_at(struct start *start, sec_t instant,
	struct occurrence *ret_occurrence, struct err *err) NODISCARD;
/* COUNT is compared with used_count, at no cost that grows.  But what overrides add does not count, and
 * used_count cannot tell: there the recurrence counts for itself, from the anchor, and this is 0. */
uint64_t start_count(const struct start *start);
