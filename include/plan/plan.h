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
 *   instant moves.
 * - Of what was missed, the newest catch_up_limit are made, oldest first; the rest is dropped.
 * - What lies between paused_at and resumed_at is not made.
 * - A template from before live_since that recurd never planned follows adopt_backlog.
 * - What an override excludes is passed over, and never next_due_at.
 * - COUNT is compared with used_count.  After the last occurrence the template ends.
 *
 * Instants are compared in whole seconds: an ORM that cuts microseconds changes nothing.
 * One call does a bounded amount of work (PLAN_STEPS occurrences); a template that is farther behind
 * comes out with a next_due_at that is still due, and the next batch goes on from there.  From one that
 * is absurdly far behind (PLAN_JUMP occurrences) the plan jumps near to the present instead, so that
 * no row can keep workers busy for hours; how many were passed over is an estimate then.
 */
#pragma once

#include <stdbool.h>

#include "plan/template.h"
#include "recur/rule.h"
#include "util/err.h"

#define PLAN_STEPS 1000 /* occurrences looked at in one call, beyond catch_up_limit */
#define PLAN_JUMP  200000 /* farther behind than so many */

enum plan_backlog { PLAN_BACKLOG_LATEST, PLAN_BACKLOG_ALL, PLAN_BACKLOG_NONE };

struct plan_policy {
	usec_t live_since;
	enum plan_backlog adopt_backlog;
	size_t catch_up_limit; /* at least 1 */
	usec_t min_interval;
	/* Costly rules far behind: stop after so long where some of what was found is sure to be
	 * dropped; the next plan goes on there.  0: only PLAN_STEPS counts. */
	usec_t patience;
	const char *default_time_zone;
};

/* Occurrences that were not made, and why. */
enum plan_skip { PLAN_DROPPED, PLAN_PAUSED, PLAN_ADOPTED, PLAN_SKIPS };

struct plan_skipped {
	int64_t occurrences;
	usec_t first_at, last_at; /* only with occurrences > 0 */
	bool estimated; /* their number */
};

/* recurrenceOverrides of one occurrence. */
struct plan_change {
	usec_t at; /* where it stands now: the task's due date */
	const char *title, *description, *priority; /* NULL: the template's */
};

struct plan {
	/* To be made, oldest first, by their nominal instants, which are their identity. */
	usec_t *occurrences;
	size_t n;
	/* What overrides change about them, one each; NULL where the rule has no overrides. */
	struct plan_change *changes;
	struct rule *rule; /* keeps the texts of changes; NULL: none */
	struct plan_skipped skipped[PLAN_SKIPS];
	/* The template's new state. */
	usec_t next_due_at, planned_due_at, made_through, replan_at, ended_at;
	int64_t used_count;
	sec_t starts_local;
	char starts_zone[65]; /* "": still none */
	bool is_active;
	bool failed; /* quarantined: failure says why, the rest is as it was */
	bool postponed; /* failed for want of something that passes: no reason for a quarantine */
	bool rezoned; /* moved by new time zone data, from rezoned_from */
	usec_t rezoned_from;
	bool ended; /* ended by this plan */
	bool revived; /* had ended, goes on */
	struct err failure;
};

const char *plan_skip_name(enum plan_skip skip);

/* limit: at most so many occurrences to make, at least 1.  now: business time.  Always gives a plan;
 * its owner calls plan_finish, and the template's texts need not outlive the call. */
void plan_make(const struct template *template, usec_t now, const struct plan_policy *policy,
	size_t limit, struct plan *ret_plan);
void plan_quarantine(const struct template *template, const char *why, struct plan *ret_plan);
void plan_finish(struct plan *plan);
