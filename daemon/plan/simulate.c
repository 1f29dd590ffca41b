/* A template under a clock that runs ahead; see the header. */
#include "plan/simulate.h"

#include <stdio.h>
#include <string.h>

#include "util/timefmt.h"

#define LEAP_MAKES 1000 /* at most so many of one leap: what it keeps in memory */

/* A task that is open already counts as one that was made now. */
void simulate_begin(
	const struct template *row, bool failed, usec_t paused_until, struct simulate *ret_simulate)
{
	*ret_simulate = (struct simulate){ .row = *row,
		.failed = failed,
		.leap = USEC_INFINITY,
		.leaps = true,
		.paused_until = paused_until,
		.open_until = TEMPLATE_NONE };
	if (!row->policies)
		return;
	ret_simulate->policies = *row->policies;
	ret_simulate->row.policies = &ret_simulate->policies;
}

/* The predicates of generate_claim.sql and generate_claim_edited.sql. */
usec_t simulate_wakes_at(const struct simulate *simulate)
{
	const struct template *row = &simulate->row;
	bool edited = row->replan_at != TEMPLATE_NONE &&
		      (row->is_active || row->ended_at != TEMPLATE_NONE);
	if (simulate->failed)
		return TEMPLATE_NONE;
	if (edited)
		return USEC_MINUS_INFINITY;
	if (!row->is_active)
		return row->ended_at == TEMPLATE_NONE ? simulate->paused_until : TEMPLATE_NONE;
	bool policed = row->policies && row->policies->wake_at != TEMPLATE_NONE;
	return policed ? row->policies->wake_at : row->next_due_at;
}

void simulate_write(struct simulate *simulate, const struct plan *plan)
{
	struct template *row = &simulate->row;
	row->next_due_at = plan->next_due_at;
	row->planned_due_at = plan->planned_due_at;
	row->made_through = plan->made_through;
	row->used_count = plan->used_count;
	row->starts_local = plan->starts_local;
	row->starts_code = plan->starts_code;
	memmove(simulate->starts_zone, plan->starts_zone, sizeof(simulate->starts_zone));
	row->starts_zone = *simulate->starts_zone ? simulate->starts_zone : NULL;
	row->ended_at = plan->ended_at;
	row->is_active = plan->is_active;
	row->replan_at = plan->replan_at;
	simulate->failed = plan->outcome == PLAN_FAILED;
	simulate->policies.wake_at = plan->wake_at;
	simulate->goes_on = true;
}

usec_t simulate_fate_at(const struct simulate_look *look, const struct fate *fate)
{
	usec_t at = fate->number == 1 ? fate->fire : fate->through;
	if (!look->leap)
		return look->now;
	return at > look->from ? at : look->from;
}

/* ---- looks ---- */

usec_t simulate_attended(const struct simulate_span *span, usec_t at)
{
	for (size_t i = 0; i < span->gaps_n; i++)
		if (at >= span->gaps[i].from && at < span->gaps[i].until)
			at = span->gaps[i].until;
	return at;
}

static usec_t attended_until(const struct simulate_span *span, usec_t at)
{
	usec_t until = span->to;
	for (size_t i = 0; i < span->gaps_n; i++)
		if (span->gaps[i].from > at && span->gaps[i].from <= until)
			until = span->gaps[i].from - 1;
	return until;
}

/* Rows that go on as they were planned: each is made when it fires, whenever somebody looks.  Not where it matters
 * whether the one before is open. */
static bool may_leap(const struct simulate *simulate)
{
	const struct template *row = &simulate->row;
	bool free = !row->policies || row->policies->overlap == OVERLAP_ALLOW;
	bool resumed = row->resumed_at == TEMPLATE_NONE || row->next_due_at > row->resumed_at;
	return simulate->leaps && simulate->goes_on && free && resumed &&
	       row->replan_at == TEMPLATE_NONE && row->planned_due_at != TEMPLATE_NONE &&
	       sec_from_usec(row->planned_due_at) == sec_from_usec(row->next_due_at);
}

/* Each of a leap is made when it fires, none is late. */
static void be_never_late(
	struct plan_policy *policy, struct template *row, struct policies *policies)
{
	policy->catch_up = POLICY_UNSET;
	policy->catch_up_window = 0;
	if (!row->policies)
		return;
	*policies = *row->policies;
	policies->catch_up = POLICY_ALL;
	policies->catch_up_window = 0;
	policies->catch_up_cap = 0;
	row->policies = policies;
}

/* How much later than they stand those that were dropped fire. */
static usec_t ahead_of(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n; i++)
		if (plan->fates[i].kind == FATE_DROPPED)
			return plan->fates[i].fire - plan->fates[i].stands;
	return 0;
}

/* What would have been dropped had it really been late tells how many there are: so far goes the next. */
static bool leap(struct simulate *simulate, usec_t from, usec_t until,
	const struct plan_policy *policy, struct simulate_look *look, struct plan *ret_plan)
{
	struct plan_policy patient = *policy;
	struct template row = simulate->row;
	struct policies policies;
	patient.catch_up_limit = LEAP_MAKES;
	patient.patience = 0;
	be_never_late(&patient, &row, &policies);
	while (simulate->leaps) {
		bool whole = simulate->leap > until - from;
		look->now = whole ? until : from + simulate->leap;
		plan_make(&row, look->now, &patient, SIZE_MAX, ret_plan);
		struct plan_skipped dropped = plan_skipped(ret_plan, FATE_DROPPED);
		if (ret_plan->outcome == PLAN_ADVANCED && dropped.occurrences == 0)
			return true;
		/* Else each by itself, until what fails there fails. */
		usec_t so_far = dropped.last_at + ahead_of(ret_plan) - from;
		simulate->leaps = dropped.occurrences > 0 && so_far > 0 && so_far < simulate->leap;
		simulate->leap = dropped.occurrences > 0 ? so_far : 0;
		plan_finish(ret_plan);
	}
	return false;
}

static void look_at(struct simulate *simulate, const struct simulate_span *span, usec_t wakes_at,
	usec_t now, const struct plan_policy *policy, struct simulate_look *look,
	struct plan *ret_plan)
{
	usec_t until = attended_until(span, now);
	look->leap = !span->stepwise && now == wakes_at && until > now && may_leap(simulate) &&
		     leap(simulate, now, until, policy, look, ret_plan);
	if (look->leap)
		return;
	look->now = now;
	plan_make(&simulate->row, now, policy, SIZE_MAX, ret_plan);
}

/* As recurd.resume does, and the triggers of the row. */
static void resume(struct simulate *simulate, usec_t now)
{
	simulate->row.is_active = true;
	simulate->row.resumed_at = now;
	simulate->paused_until = TEMPLATE_NONE;
	simulate->goes_on = false;
	simulate->policies.wake_at = now;
}

static const struct fate *last_made(const struct plan *plan)
{
	for (size_t i = plan->n; i-- > 0;)
		if (plan->fates[i].kind == FATE_MADE)
			return &plan->fates[i];
	return NULL;
}

/* Of several the newest counts, as for the claim. */
static void remember_task(struct simulate *simulate, const struct plan *plan, usec_t open_until)
{
	const struct fate *made = last_made(plan);
	if (!made || !simulate->row.policies)
		return;
	identity_instance(simulate->row.id, made->nominal, simulate->open_task);
	simulate->open_until = open_until;
	simulate->policies.open_task = simulate->open_task;
}

static void look_whether_open(struct simulate *simulate, usec_t now, usec_t open_for)
{
	if (simulate->policies.open_task && simulate->open_until == TEMPLATE_NONE)
		simulate->open_until = now + open_for;
	if (simulate->open_until <= now)
		simulate->policies.open_task = NULL;
}

/* A worker that comes to nothing would come to it again and again. */
static bool comes_on(const struct simulate *simulate, const struct plan *plan, usec_t now)
{
	const struct template *row = &simulate->row;
	return plan->n > 0 || plan->wake_at > now || plan->next_due_at != row->next_due_at ||
	       plan->planned_due_at != row->planned_due_at || plan->replan_at != row->replan_at ||
	       plan->is_active != row->is_active;
}

void simulate_run(struct simulate *simulate, const struct simulate_span *span,
	const struct plan_policy *policy, simulate_fn *tell, void *context)
{
	struct plan_policy its = *policy;
	usec_t now = span->from;
	for (bool goes_on = true; goes_on;) {
		struct simulate_look look = { .simulate = simulate };
		struct plan plan;
		bool paused = !simulate->row.is_active && simulate->row.replan_at == TEMPLATE_NONE;
		usec_t wakes_at = simulate_wakes_at(simulate);
		if (wakes_at == TEMPLATE_NONE || wakes_at > span->to)
			return;
		now = simulate_attended(span, wakes_at > now ? wakes_at : now);
		if (now > span->to)
			return;
		look.from = now;
		if (paused) {
			look.now = now;
			tell(context, &look);
			resume(simulate, now);
			continue;
		}
		look_whether_open(simulate, now, span->open_for);
		its.limited = span->allow && simulate->row.user_id;
		its.allowance = its.limited ? span->allow(context, now) : 0;
		look_at(simulate, span, wakes_at, now, &its, &look, &plan);
		look.plan = &plan;
		tell(context, &look);
		goes_on = plan.outcome == PLAN_ADVANCED && comes_on(simulate, &plan, look.now);
		simulate_write(simulate, &plan);
		remember_task(simulate, &plan, now + span->open_for);
		plan_finish(&plan);
	}
}
