/* What becomes of one template; see the header.
 *
 * First the backlog (backlog.c): the fates of what is due, from next_due_at on, until one lies ahead of
 * now, the rule ends, or the budget is used up.  Then as much of it as is certain and fits the batch
 * becomes the plan, and what follows from it the template's new state.
 */
#include "plan/plan.h"

#include <stdio.h>
#include <stdlib.h>

#include "plan/backlog.h"
#include "plan/move.h"
#include "util/mem.h"

/* ---- the fates ---- */

/* As many from the oldest on as are certain and make no more than limit; more only of one instant. */
static size_t taken(const struct backlog *backlog, size_t limit, size_t *ret_made_n)
{
	size_t n = backlog_certain(backlog), i = 0, made_n = 0;
	for (; i < n; i++) {
		if (backlog->fates[i].kind == FATE_MADE && made_n >= limit &&
			!backlog_goes_with_last(backlog, i))
			break;
		made_n += backlog->fates[i].kind == FATE_MADE;
	}
	*ret_made_n = made_n;
	return i;
}

static void use_up(struct plan *plan, const struct fate *fates, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		plan->used_count += fates[i].number;
		plan->made_through = fates[i].through;
	}
}

/* Those of a kind that follow each other, and are not made, become one.  Returns how many are left. */
static size_t join(struct fate *fates, size_t n)
{
	size_t kept = 0;
	for (size_t i = 0; i < n; i++) {
		struct fate *last = kept > 0 ? &fates[kept - 1] : NULL;
		if (!last || fates[i].kind == FATE_MADE || last->kind != fates[i].kind) {
			fates[kept++] = fates[i];
			continue;
		}
		last->number += fates[i].number;
		last->through = fates[i].through;
		if (fates[i].nominal < last->nominal)
			last->nominal = fates[i].nominal;
		last->estimated |= fates[i].estimated;
	}
	return kept;
}

/* Hundreds that were dropped are one now, and a batch has many plans: they keep no more than that. */
static void keep(struct plan *plan, struct backlog *backlog, size_t n)
{
	plan->n = join(backlog->fates, n);
	if (plan->n == 0) {
		backlog_finish(backlog);
		return;
	}
	plan->fates = plan->n == backlog->size
			      ? backlog->fates
			      : mem_realloc_array(backlog->fates, plan->n, sizeof(*backlog->fates));
}

static void note_skipped(const struct fate *fate, struct plan_skipped *skipped)
{
	if (skipped->occurrences == 0)
		skipped->first_at = fate->stands;
	skipped->occurrences += fate->number;
	skipped->last_at = fate->through;
	skipped->estimated |= fate->estimated;
}

struct plan_skipped plan_skipped(const struct plan *plan, enum fate_kind kind)
{
	struct plan_skipped skipped = { 0 };
	for (size_t i = 0; i < plan->n; i++)
		if (plan->fates[i].kind == kind)
			note_skipped(&plan->fates[i], &skipped);
	return skipped;
}

struct plan_skipped plan_shifted(const struct plan *plan)
{
	struct plan_skipped shifted = { 0 };
	for (size_t i = 0; i < plan->n; i++) {
		const struct fate *fate = &plan->fates[i];
		if (fate->kind == FATE_MADE && fate->due != fate->stands)
			note_skipped(fate, &shifted);
	}
	return shifted;
}

/* ---- the template's new state ---- */

/* At the end a template stays on its last occurrence. */
static usec_t last_occurrence(
	const struct template *t, const struct backlog *backlog, const struct plan *plan)
{
	for (size_t i = backlog->n; i-- > 0;) {
		if (backlog->fates[i].kind != FATE_EXCLUDED)
			return backlog->fates[i].stands;
	}
	if (t->made_through == TEMPLATE_NONE)
		return plan->made_through;
	bool there = sec_from_usec(t->next_due_at) == sec_from_usec(t->made_through);
	return there ? t->next_due_at : t->made_through;
}

static void go_on(struct plan *plan, usec_t due, usec_t wake_at)
{
	plan->next_due_at = due;
	plan->wake_at = wake_at;
}

/* n: so many of the backlog are taken. */
static void find_next(const struct start *start, const struct backlog *backlog, size_t n,
	usec_t now, struct plan *plan)
{
	bool known = plan->made_through != TEMPLATE_NONE &&
		     (backlog->n > 0 || start->standing != STANDS_SET);
	if (n < backlog->n)
		go_on(plan, backlog->fates[n].stands,
			template_waits_since(start->template, backlog->fates[n].fire, now));
	else if (backlog->end == BACKLOG_AHEAD || backlog->end == BACKLOG_SEARCHED)
		go_on(plan, backlog->ahead.stands, backlog->ahead.fire);
	else if (backlog->end == BACKLOG_SHORT)
		/* All that was found is used up and yet it is all past: look again from here. */
		go_on(plan, plan->made_through, now);
	else if (known)
		go_on(plan, last_occurrence(start->template, backlog, plan), TEMPLATE_NONE);
}

/* What the application has set, and nothing has come of it: it is no anchor yet.  As long as it lies
 * ahead it remains the application's, and no edit of the rule overtakes it. */
static void leave_to_application(
	const struct template *t, const struct backlog *backlog, struct plan *plan)
{
	if (t->starts_zone) {
		plan->starts_local = t->starts_local;
		snprintf(plan->starts_zone, sizeof(plan->starts_zone), "%s", t->starts_zone);
		plan->made_through = t->made_through;
		plan->starts_code = t->starts_code;
	}
	if (backlog->end != BACKLOG_OVER)
		plan->planned_due_at = t->planned_due_at;
}

static void conclude_end(const struct template *t, usec_t now, bool over, struct plan *plan)
{
	bool was_over = t->ended_at != TEMPLATE_NONE;
	plan->is_active = !over;
	plan->turn = !over && was_over                     ? PLAN_REVIVES
		     : over && (t->is_active || !was_over) ? PLAN_ENDS
							   : PLAN_GOES_ON;
	plan->ended_at = !over ? TEMPLATE_NONE : was_over ? t->ended_at : now;
	if (over)
		plan->wake_at = TEMPLATE_NONE;
}

/* What was planned stands at another instant now, or at the same by another clock; an ended template plans nothing:
 * there it is what was made last that stays. */
static void conclude_move(const struct start *start, usec_t first, struct plan *plan)
{
	const struct template *t = start->template;
	bool planned = start->rezoned || (start->moved && start->standing == STANDS_PLANNED);
	bool rests = start->moved && !planned && t->made_through != TEMPLATE_NONE;
	if (!rests && !start->moved && (!planned || first == t->next_due_at))
		return;
	if (start->moved && !planned && !rests)
		return;
	plan->rezoned_from = rests ? t->made_through : t->next_due_at;
	plan->rezoned_to = rests ? t->made_through : first;
	snprintf(plan->rezoned_why, sizeof(plan->rezoned_why), "%s%s%s",
		start->moved ? t->starts_zone : "", start->moved ? " to " : "",
		zone_name(start->zone));
}

/* Where a split has this series begin, ahead of now: what its rule gives before that is another template's, and no
 * edit that is still to come may bring it up here.  An edit by a clock that was wrong is no split. */
static void conclude_split(const struct template *t, usec_t now, struct plan *plan)
{
	if (t->replan_at == TEMPLATE_NONE || t->replan_at == TEMPLATE_REZONE || t->replan_at <= now)
		return;
	sec_t before = sec_from_usec(t->replan_at);
	bool begins = sec_from_usec(t->next_due_at) == before + 1;
	bool made = plan->made_through != TEMPLATE_NONE &&
		    sec_from_usec(plan->made_through) >= before;
	if (!begins || made)
		return;
	plan->made_through = before * USEC_PER_SEC;
	plan->starts_code = 0;
}

static void conclude(const struct fates *fates, const struct backlog *backlog, size_t n, usec_t now,
	struct plan *plan)
{
	const struct start *start = &fates->start;
	const struct template *t = start->template;
	plan->starts_local = start->anchor;
	snprintf(plan->starts_zone, sizeof(plan->starts_zone), "%s", zone_name(start->zone));
	plan->replan_at = TEMPLATE_NONE;
	plan->made_through = start->made_through;
	use_up(plan, backlog->fates, n);
	bool met = n > 0 || template_edit(t) == EDIT_SPLIT;
	plan->used_count += met ? (int64_t)start->before : 0;
	find_next(start, backlog, n, now, plan);
	move_remember(start, n > 0, plan);
	conclude_split(t, now, plan);
	/* An unfinished adoption is recognised by the missing plan. */
	bool unfinished = start->adopting && backlog->end == BACKLOG_SHORT;
	plan->planned_due_at = unfinished ? TEMPLATE_NONE : plan->next_due_at;
	if (backlog->end == BACKLOG_SEARCHED)
		plan->planned_due_at += START_SEARCHED;
	if (backlog->n == 0 && start->first_stands && start->standing == STANDS_SET)
		leave_to_application(t, backlog, plan);
	conclude_move(start, backlog->n > 0 ? backlog->fates[0].stands : plan->next_due_at, plan);
	conclude_end(t, now, backlog->end == BACKLOG_OVER && n == backlog->n, plan);
}

/* ---- the whole ---- */

static void keep_state(const struct template *t, struct plan *plan)
{
	*plan = (struct plan){
		.next_due_at = t->next_due_at,
		.wake_at = t->policies ? t->policies->wake_at : t->next_due_at,
		.planned_due_at = t->planned_due_at,
		.made_through = t->made_through,
		.replan_at = t->replan_at,
		.ended_at = t->ended_at,
		.rezoned_from = TEMPLATE_NONE,
		.used_count = t->used_count == TEMPLATE_NONE ? 0 : t->used_count,
		.starts_local = t->starts_local,
		.starts_code = t->starts_code,
		.is_active = t->is_active,
	};
	if (t->starts_zone)
		snprintf(plan->starts_zone, sizeof(plan->starts_zone), "%s", t->starts_zone);
}

void plan_quarantine(const struct template *template, const char *why, struct plan *ret_plan)
{
	keep_state(template, ret_plan);
	ret_plan->outcome = PLAN_FAILED;
	err_set(&ret_plan->failure, "%s", why);
}

/* The one that is open gives way to the one that is made. */
static void supersede(const struct policies *policies, struct plan *plan)
{
	if (policies && policies->overlap == OVERLAP_REPLACE && plan->made_n > 0)
		plan->superseded = policies->open_task;
}

void plan_make(const struct template *template, usec_t now, const struct plan_policy *policy,
	size_t limit, struct plan *ret_plan)
{
	struct fates fates;
	struct backlog backlog = { 0 };
	struct err why;
	keep_state(template, ret_plan);
	if (fates_open(template, policy, false, &fates, &why) &&
		backlog_collect(&fates, now, &backlog, &why)) {
		size_t n = taken(&backlog, limit, &ret_plan->made_n);
		conclude(&fates, &backlog, n, now, ret_plan);
		keep(ret_plan, &backlog, n);
		supersede(template->policies, ret_plan);
		if (rule_has_overrides(fates.start.rule))
			ret_plan->rule = fates_take_rule(&fates);
	} else {
		plan_quarantine(template, why.text, ret_plan);
		ret_plan->outcome = why.passing ? PLAN_POSTPONED : PLAN_FAILED;
		backlog_finish(&backlog);
	}
	fates_close(&fates);
}

void plan_finish(struct plan *plan)
{
	free(plan->fates);
	rule_free(plan->rule);
	*plan = (struct plan){ 0 };
}
