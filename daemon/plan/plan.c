/* What becomes of one template; see the header.
 *
 * First the walk (backlog.c): occurrences from next_due_at on, until one lies ahead of now, the rule
 * ends, or the budget is used up.  Then the verdicts: made, dropped, paused, adopted.  Then as much of
 * it as is certain and fits the batch becomes the plan.
 */
#include <stdio.h>
#include <stdlib.h>

#include "plan/fates.h"
#include "util/mem.h"
#include "util/timefmt.h"

const char *plan_skip_name(enum plan_skip skip)
{
	static const char *const names[] = { "dropped", "paused", "adopted" };
	return names[skip];
}

/* ---- the verdicts ---- */

/* The newest of the backlog is made all the same, unless the policy is none. */
static void adopt_latest(struct planner *p)
{
	if (p->policy->adopt_backlog != PLAN_BACKLOG_LATEST || p->jumped)
		return;
	for (size_t i = p->n; i-- > 0;) {
		if (p->entries[i].verdict == (int)PLAN_ADOPTED) {
			p->entries[i].verdict = MAKE;
			return;
		}
	}
}

static void drop_oldest(struct planner *p)
{
	size_t makes = p->jumped ? SIZE_MAX : 0;
	for (size_t i = 0; i < p->n && !p->jumped; i++)
		makes += p->entries[i].verdict == (int)MAKE;
	for (size_t i = 0; i < p->n && makes > p->policy->catch_up_limit; i++) {
		if (p->entries[i].verdict != (int)MAKE)
			continue;
		p->entries[i].verdict = PLAN_DROPPED;
		makes--;
	}
}

/* How many entries are certain.  Where the walk stopped short of the present, those that would be
 * made may yet have to be dropped: they are left for the next call, which starts there. */
static size_t certain(const struct planner *p)
{
	if (p->reached)
		return p->n;
	size_t i = 0;
	while (i < p->n && p->entries[i].verdict != (int)MAKE)
		i++;
	return i > 0 ? i : p->n;
}

static void skip(struct plan *plan, enum plan_skip why, usec_t at)
{
	struct plan_skipped *skipped = &plan->skipped[why];
	if (skipped->occurrences++ == 0)
		skipped->first_at = at;
	skipped->last_at = at;
}

/* What the application has set, and nothing has come of it: it is no anchor yet.  As long as it lies
 * ahead it remains the application's, and no edit of the rule overtakes it. */
static void leave_to_application(struct planner *p)
{
	const struct template *t = p->template;
	if (t->starts_zone)
		p->plan->starts_local = t->starts_local;
	if (!p->at_end)
		p->plan->planned_due_at = t->planned_due_at;
}

/* What the walk passed over without looking: as the last that it saw, only more of it. */
static void pass_over(struct planner *p)
{
	size_t i = p->n;
	while (i-- > 0 && p->entries[i].verdict >= PLAN_SKIPS)
		;
	struct plan_skipped *skipped = &p->plan->skipped[p->entries[i].verdict];
	skipped->occurrences += p->jumped;
	skipped->last_at = p->jumped_to;
	skipped->estimated = true;
	p->plan->made_through = p->jumped_to;
	p->plan->used_count += p->jumped;
}

static usec_t last_occurrence(const struct planner *p)
{
	for (size_t i = p->n; i-- > 0;) {
		if (p->entries[i].verdict != (int)EXCLUDED)
			return p->entries[i].at;
	}
	bool before = p->template->made_through != TEMPLATE_NONE;
	return before ? p->template->made_through : p->plan->made_through;
}

static void take(struct plan *plan, const struct entry *entry)
{
	if (plan->changes)
		plan->changes[plan->n] = (struct plan_change){ .at = entry->at,
			.title = entry->title,
			.description = entry->description,
			.priority = entry->priority };
	plan->occurrences[plan->n++] = entry->nominal;
}

static void settle(struct planner *p, size_t limit)
{
	struct plan *plan = p->plan;
	size_t n = certain(p), i = 0, most = n < limit ? n : limit;
	plan->occurrences = mem_alloc_array(most, sizeof(*plan->occurrences));
	if (rule_has_overrides(p->rule))
		plan->changes = mem_alloc_array(most, sizeof(*plan->changes));
	for (; i < n; i++) {
		const struct entry *entry = &p->entries[i];
		if (entry->verdict == (int)MAKE && plan->n == limit)
			break;
		if (entry->verdict == (int)MAKE)
			take(plan, entry);
		else if (entry->verdict < PLAN_SKIPS)
			skip(plan, (enum plan_skip)entry->verdict, entry->at);
		plan->made_through = entry->at;
		plan->used_count++;
	}
	if (p->jumped)
		pass_over(p);
	plan->replan_at = TEMPLATE_NONE;
	if (i < p->n) {
		plan->next_due_at = p->entries[i].at;
	} else if (!p->reached) {
		/* Everything walked is used up and yet it is all past: look again from here. */
		plan->next_due_at = plan->made_through;
	} else if (!p->at_end) {
		plan->next_due_at = p->ahead;
	} else if ((p->n > 0 || p->ours || p->history) && plan->made_through != TEMPLATE_NONE) {
		plan->next_due_at = last_occurrence(p); /* the end: stay on it */
	}
	/* An unfinished adoption is recognised by the missing plan. */
	plan->planned_due_at = p->adopting && !p->reached ? TEMPLATE_NONE : plan->next_due_at;
	if (p->n == 0 && p->first_stands && !p->ours)
		leave_to_application(p);
	usec_t first = p->n > 0 ? p->entries[0].at : plan->next_due_at;
	plan->rezoned = p->rezoned && first != p->template->next_due_at;
	plan->rezoned_from = p->template->next_due_at;
	bool over = p->at_end && i == p->n;
	plan->revived = p->template->ended_at != TEMPLATE_NONE && !over;
	plan->ended = over && (p->template->is_active || p->template->ended_at == TEMPLATE_NONE);
	plan->ended_at = !over                                    ? TEMPLATE_NONE
			 : p->template->ended_at != TEMPLATE_NONE ? p->template->ended_at
								  : p->now;
	plan->is_active = !over;
}

/* ---- the whole ---- */

static void keep_state(const struct template *t, struct plan *plan)
{
	*plan = (struct plan){
		.next_due_at = t->next_due_at,
		.planned_due_at = t->planned_due_at,
		.made_through = t->made_through,
		.replan_at = t->replan_at,
		.ended_at = t->ended_at,
		.used_count = t->used_count,
		.starts_local = t->starts_local,
		.is_active = t->is_active,
	};
	if (t->starts_zone)
		snprintf(plan->starts_zone, sizeof(plan->starts_zone), "%s", t->starts_zone);
}

void plan_quarantine(const struct template *template, const char *why, struct plan *ret_plan)
{
	keep_state(template, ret_plan);
	ret_plan->failed = true;
	err_set(&ret_plan->failure, "%s", why);
}

void plan_make(const struct template *template, usec_t now, const struct plan_policy *policy,
	size_t limit, struct plan *ret_plan)
{
	struct planner p = { .template = template, .now = now, .policy = policy, .plan = ret_plan };
	struct err why;
	keep_state(template, ret_plan);
	if (plan_walk(&p, &why)) {
		adopt_latest(&p);
		drop_oldest(&p);
		settle(&p, limit);
	} else {
		plan_quarantine(template, why.text, ret_plan);
		ret_plan->postponed = why.passing;
	}
	recurrence_close(p.recurrence);
	if (ret_plan->changes)
		ret_plan->rule = p.rule; /* their texts are its memory */
	else
		rule_free(p.rule);
	free(p.entries);
}

void plan_finish(struct plan *plan)
{
	free(plan->occurrences);
	free(plan->changes);
	rule_free(plan->rule);
	*plan = (struct plan){ 0 };
}
