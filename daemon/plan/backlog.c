/* The walk over a template's occurrences, from where it stands up to the present. */
#include <stdlib.h>

#include "plan/fates.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/timefmt.h"

static usec_t from_sec(sec_t instant)
{
	return instant * USEC_PER_SEC;
}

/* ---- the walk ---- */

static bool count_used_up(const struct planner *p)
{
	uint64_t count = plan_counts_itself(p) ? 0 : rule_count(p->rule);
	uint64_t used = (uint64_t)(p->template->used_count + p->excluded_ahead) + p->n;
	return count > 0 && used >= count;
}

static bool within_pause(const struct template *t, usec_t at)
{
	if (t->resumed_at == TEMPLATE_NONE || at > t->resumed_at)
		return false;
	return t->paused_at == TEMPLATE_NONE || at >= t->paused_at;
}

static void add_entry(struct planner *p, usec_t at, const struct occurrence *found)
{
	bool backlog = p->adopting && at <= p->policy->live_since &&
		       p->policy->adopt_backlog != PLAN_BACKLOG_ALL;
	int verdict = found->excluded                 ? (int)EXCLUDED
		      : within_pause(p->template, at) ? (int)PLAN_PAUSED
		      : backlog                       ? (int)PLAN_ADOPTED
						      : (int)MAKE;
	if (p->n == p->size) {
		p->size = p->size ? p->size * 2 : 4;
		p->entries = mem_realloc_array(p->entries, p->size, sizeof(*p->entries));
	}
	p->makes += verdict == (int)MAKE;
	p->entries[p->n++] = (struct entry){ .at = at,
		.nominal = found->nominal == found->at ? at : from_sec(found->nominal),
		.verdict = verdict,
		.title = found->title,
		.description = found->description,
		.priority = found->priority };
}

static void reach_end(struct planner *p)
{
	p->reached = true;
	p->at_end = true;
}

/* Takes one occurrence; at: where it stands, to the microsecond.  false: the walk is over. */
static bool walk_to(struct planner *p, usec_t at, const struct occurrence *found)
{
	if (count_used_up(p)) {
		reach_end(p);
		return false;
	}
	if (at > p->now && found->excluded) { /* never waited for */
		p->excluded_ahead++;
		return true;
	}
	if (at > p->now) {
		p->reached = true;
		p->ahead = at;
		return false;
	}
	add_entry(p, at, found);
	return true;
}

/* The first instant stands by itself; where the set has an occurrence there (a moved one, say), it is
 * that one.  false in *ret_on: the walk is over. */
static bool walk_first(struct planner *p, bool *ret_on, struct err *err)
{
	sec_t due = sec_from_usec(p->due);
	struct occurrence first = { .nominal = due, .at = due }, found;
	bool in_set = false;
	*ret_on = false;
	if (!recurrence_within_until(p->recurrence, due)) {
		reach_end(p);
		return true;
	}
	if (rule_has_overrides(p->rule) && !plan_find_at(p, due, &in_set, &found, err))
		return false;
	if (in_set && !found.excluded)
		first = found;
	*ret_on = walk_to(p, p->due, &first);
	return true;
}

/* What is excluded is never waited for, but uses up COUNT once it is passed. */
static bool count_passed_exclusions(struct planner *p, struct err *err)
{
	const struct template *t = p->template;
	if (!p->ours || !p->first_stands || t->made_through == TEMPLATE_NONE ||
		rule_count(p->rule) == 0 || plan_counts_itself(p) || !rule_has_overrides(p->rule))
		return true;
	recurrence_seek(p->recurrence, sec_from_usec(t->made_through));
	for (int steps = 0; steps < PLAN_STEPS; steps++) {
		struct occurrence found;
		enum recur_status status = plan_next_occurrence(p, &found, err);
		if (status == RECUR_FAILED)
			return false;
		if (status != RECUR_FOUND || found.at >= sec_from_usec(p->due))
			break;
		if (found.excluded && from_sec(found.at) <= p->now)
			add_entry(p, from_sec(found.at), &found);
	}
	return true;
}

/* All that was found is of one kind?  Excluded ones count with any. */
static bool is_uniform(const struct planner *p, int *ret_verdict)
{
	*ret_verdict = EXCLUDED;
	for (size_t i = 0; i < p->n; i++) {
		int verdict = p->entries[i].verdict;
		if (verdict == (int)EXCLUDED)
			continue;
		if (*ret_verdict != (int)EXCLUDED && *ret_verdict != verdict)
			return false;
		*ret_verdict = verdict;
	}
	return *ret_verdict != (int)EXCLUDED;
}

/* How far what follows shares the verdict of what was found. */
static usec_t same_until(const struct planner *p, int verdict)
{
	const struct template *t = p->template;
	usec_t last = p->entries[p->n - 1].at, until = p->now;
	if (verdict == (int)PLAN_PAUSED)
		until = t->resumed_at;
	else if (t->resumed_at != TEMPLATE_NONE && t->resumed_at > last &&
		 t->paused_at != TEMPLATE_NONE)
		until = t->paused_at;
	if (verdict == (int)PLAN_ADOPTED && p->policy->live_since < until)
		until = p->policy->live_since;
	return until < p->now ? until : p->now;
}

/* Whether at least catch_up_limit occurrences lie between two instants. */
static bool enough_between(
	struct planner *p, usec_t after, usec_t until, bool *ret_enough, struct err *err)
{
	size_t found_n = 0;
	recurrence_seek(p->recurrence, sec_from_usec(after));
	while (found_n < p->policy->catch_up_limit) {
		struct occurrence found;
		enum recur_status status = plan_next_occurrence(p, &found, err);
		if (status == RECUR_FAILED)
			return false;
		if (status != RECUR_FOUND || from_sec(found.at) > until)
			break;
		found_n += !found.excluded;
	}
	*ret_enough = found_n >= p->policy->catch_up_limit;
	return true;
}

/* The walk has used up its budget, far from the present: passes over what is certain not to be made,
 * however much it is.  COUNT must be counted, unless it is of that size itself. */
static bool jump(struct planner *p, struct err *err)
{
	int verdict;
	uint64_t count = rule_count(p->rule);
	if ((count > 0 && count <= PLAN_JUMP) || p->n < 2 || !is_uniform(p, &verdict))
		return true;
	usec_t last = p->entries[p->n - 1].at, until = same_until(p, verdict);
	usec_t gap = (last - p->entries[0].at) / (usec_t)(p->n - 1);
	usec_t margin = gap * (usec_t)(p->policy->catch_up_limit + PLAN_STEPS);
	usec_t to = until - margin;
	/* Where the rule is sparser near the present, or over, more of it has to stay. */
	for (bool enough = false; gap > 0 && !enough;) {
		if ((to - last) / gap < PLAN_JUMP)
			return true;
		if (!enough_between(p, to, until, &enough, err))
			return false;
		if (enough) {
			p->jumped = (to - last) / gap;
			p->jumped_to = from_sec(sec_from_usec(to));
		} else if (margin < (until - last) / 2) {
			margin *= 2;
			to = until - margin;
		} else {
			to = last + (to - last) / 2;
		}
	}
	return true;
}

/* Not before something is sure to be dropped or passed over: else what is found now would be made,
 * although newer occurrences have the better right.  (Excluded dates once counted as enough.) */
static bool out_of_patience(const struct planner *p, usec_t began)
{
	size_t limit = p->policy->catch_up_limit;
	bool settles = p->makes > limit || (p->n > limit && p->entries[0].verdict != (int)MAKE);
	return p->policy->patience > 0 && settles &&
	       clock_monotonic() - began > p->policy->patience;
}

static bool walk(struct planner *p, struct err *err)
{
	usec_t began = clock_monotonic();
	size_t budget = p->policy->catch_up_limit + PLAN_STEPS;
	bool on = true;
	if (!count_passed_exclusions(p, err))
		return false;
	if (p->first_stands && !walk_first(p, &on, err))
		return false;
	if (!on)
		return true;
	recurrence_seek(p->recurrence, p->after);
	while (p->n < budget && !out_of_patience(p, began)) {
		if (count_used_up(p)) {
			reach_end(p);
			return true;
		}
		struct occurrence found;
		enum recur_status status = plan_next_occurrence(p, &found, err);
		if (status == RECUR_FAILED)
			return false;
		if (status == RECUR_END)
			reach_end(p);
		if (status != RECUR_FOUND || !walk_to(p, from_sec(found.at), &found))
			return true;
	}
	return jump(p, err);
}

bool plan_walk(struct planner *p, struct err *err)
{
	return plan_start(p, err) && walk(p, err);
}
