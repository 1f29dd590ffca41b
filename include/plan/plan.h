/* plan: what becomes of one template now.  Pure: a function of the row, the instant and the policy.
 *
 * In words, for a template that is due or whose rule was edited:
 *
 * - An instant not later than made_through is history: never made again, only advanced past.  As
 *   next_due_at it comes from the save of a stale row and says nothing: what recurd planned stands.
 * - next_due_at as recurd planned it: go on from the anchor.  Anything else the application set: that
 *   instant is made as it stands (within until and COUNT); it keeps the anchor if it belongs to the
 *   rule's set, else it becomes the anchor.  Until it is due it is the application's own.
 * - A DTSTART in the rule's own text is the anchor while there is none, and after an edit of the rule.
 * - A rule that was edited by itself keeps the anchor's wall time and what was due before the edit,
 *   and goes on after the later of the edit and made_through.
 * - When the data of its time zone have changed, the wall time of what is planned stays and its
 *   instant moves.  So it does when the template goes by another zone, because its user moved, the
 *   default changed, or the rule's timeZone: every local date and time of the series is made once
 *   (move.h).
 * - Of what was missed, the newest catch_up_limit are made, oldest first; the rest is dropped.
 * - What lies between paused_at and resumed_at is not made.
 * - A template from before live_since that recurd never planned follows adopt_backlog.
 * - What the template's own policies say (policies.h) comes on top of that: how much of what is late is made, how
 *   long before it is due, and what is made while its last task is open.  A change of them counts from the next
 *   plan on; nothing that was made is made again, and nothing that was passed over either.
 * - What an override excludes is passed over, and never next_due_at.
 * - What a series has before the instant at which it was split off is history to it.
 * - COUNT is compared with used_count, which begins with what the rule's own DTSTART gives before the
 *   next_due_at at which recurd meets the series.  After the last occurrence the template ends.
 *
 * Instants are compared in whole seconds: an ORM that cuts microseconds changes nothing.
 * One call does a bounded amount of work (PLAN_STEPS occurrences); a template that is farther behind
 * comes out with a next_due_at that is still due, and the next batch goes on from there.  From one that
 * is absurdly far behind (PLAN_JUMP occurrences) the plan jumps near to the present instead, so that
 * no row can keep workers busy for hours; how many were passed over is an estimate then.
 * A row that no plan can be made from, whatever stands in its columns, gives a plan that has failed.
 */
#pragma once

#include <stdbool.h>

#include "plan/fate.h"
#include "plan/policy.h"
#include "plan/template.h"
#include "recur/rule.h"
#include "util/err.h"

enum plan_outcome {
	PLAN_ADVANCED,
	PLAN_FAILED, /* quarantined: failure says why, the rest is as it was */
	PLAN_POSTPONED, /* failed for want of something that passes: no reason for a quarantine */
};

enum plan_turn {
	PLAN_GOES_ON,
	PLAN_ENDS, /* by this plan */
	PLAN_REVIVES, /* had ended, goes on */
};

struct plan {
	enum plan_outcome outcome;
	/* What becomes of what was due, in order.  Those that are made stand each by itself; of the
	 * others, those of a kind that follow each other are one. */
	struct fate *fates;
	size_t n;
	size_t made_n; /* of them */
	const char *
		superseded; /* this task of the template's is completed with it; the claim's text; NULL: none */
	struct rule *rule; /* keeps the texts of their changes; NULL: there are none */
	/* The template's new state. */
	usec_t next_due_at; /* when its next occurrence is due */
	usec_t wake_at; /* when it must be looked at again: when that one fires, or since when it waits */
	usec_t planned_due_at, made_through, replan_at, ended_at;
	int64_t used_count;
	sec_t starts_local;
	int starts_code; /* template.h */
	char starts_zone[65]; /* "": still none */
	bool is_active;
	enum plan_turn turn;
	/* What was planned has moved, by new time zone data or another zone; TEMPLATE_NONE: it has not. */
	usec_t rezoned_from, rezoned_to;
	char rezoned_why[2 * 65 + 8]; /* "Europe/Berlin", or "Europe/Berlin to Europe/London" */
	struct err failure;
};

/* Occurrences of a kind that were not made, all together. */
struct plan_skipped {
	int64_t occurrences;
	usec_t first_at, last_at; /* only with occurrences > 0 */
	bool estimated; /* their number */
};

struct plan_skipped plan_skipped(const struct plan *plan, enum fate_kind kind);
/* Those that are made, but due elsewhere than they stand: a calendar shifted them. */
struct plan_skipped plan_shifted(const struct plan *plan);

/* limit: at most so many occurrences to make, at least 1, and all that stand at one instant.  now: business time.  Always gives a plan;
 * its owner calls plan_finish, and the template's texts need not outlive the call. */
void plan_make(const struct template *template, usec_t now, const struct plan_policy *policy,
	size_t limit, struct plan *ret_plan);
void plan_quarantine(const struct template *template, const char *why, struct plan *ret_plan);
void plan_finish(struct plan *plan);
