/* The anchor of a template, and the walk over its occurrences up to the present. */
#include <stdio.h>
#include <stdlib.h>

#include "util/mem.h"
#include "util/timefmt.h"
#include "work/plan_private.h"

#define SLICES_MAX 8 /* of about a millisecond: what one plan may compute */

/* Years 1 to 9999: what RFC 5545 can write. */
#define INSTANT_MIN (INT64_C(-62135596800) * USEC_PER_SEC)
#define INSTANT_MAX (INT64_C(253402300799) * USEC_PER_SEC)

static usec_t from_sec(sec_t instant)
{
	return instant * USEC_PER_SEC;
}

static bool same_second(usec_t a, usec_t b)
{
	return sec_from_usec(a) == sec_from_usec(b);
}

/* ---- the anchor ---- */

/* The rule's own zone, else the user's, else the daemon's default. */
static bool load_zone(struct planner *p, struct err *err)
{
	const char *named = rule_time_zone(p->rule), *user = p->template->user_zone;
	const char *name = named ? named : user ? user : p->policy->default_time_zone;
	struct err why;
	if (zone_load(name, &p->zone, &why))
		return true;
	return err_set(err, "%s: %s",
		named  ? "recurrence_rule.timeZone"
		: user ? "recurd.preferences.time_zone"
		       : "default_time_zone",
		why.text);
}

#define COUNTED_MAX 2000

/* COUNT is compared with used_count, at no cost that grows.  But what overrides add does not count, and
 * used_count cannot tell: there the recurrence counts for itself, from the anchor. */
static bool counts_itself(const struct planner *p)
{
	return rule_has_overrides(p->rule) && !rule_only_excludes(p->rule) &&
	       rule_count(p->rule) <= COUNTED_MAX;
}

static bool open_from(struct planner *p, sec_t wall, struct err *err)
{
	recurrence_close(p->recurrence);
	p->recurrence = NULL;
	unsigned flags = RECUR_EXCLUDED | RECUR_BY_TIME;
	if (!counts_itself(p))
		flags |= RECUR_UNCOUNTED;
	if (!recurrence_open(p->rule, wall, p->zone, flags, &p->recurrence, err))
		return false;
	p->plan->starts_local = wall;
	snprintf(p->plan->starts_zone, sizeof(p->plan->starts_zone), "%s", zone_name(p->zone));
	return recurrence_check_interval(
		p->recurrence, p->policy->min_interval / USEC_PER_SEC, err);
}

/* The next occurrence of the open recurrence.  The slices of one plan are counted together: when they
 * are used up and the walk has found something, it stops there as if its budget of occurrences were. */
static enum recur_status next_occurrence(struct planner *p, struct occurrence *ret, struct err *err)
{
	while (p->slices < SLICES_MAX) {
		enum recur_status status = recurrence_next(p->recurrence, ret, err);
		if (status != RECUR_AGAIN)
			return status;
		p->slices++;
	}
	if (p->n > 0)
		return RECUR_AGAIN;
	err_set(err, "recurrence_rule: finds no occurrence within the limit of computation");
	return RECUR_FAILED;
}

/* Whether something of the set stands at that instant, and what. */
static bool find_at(
	struct planner *p, sec_t instant, bool *ret_found, struct occurrence *ret, struct err *err)
{
	recurrence_seek(p->recurrence, instant - 1);
	enum recur_status status = next_occurrence(p, ret, err);
	if (status == RECUR_FAILED)
		return false;
	*ret_found = status == RECUR_FOUND && ret->at == instant;
	return true;
}

/* Opens the recurrence from the stored anchor, or from the instant that the application set. */
static bool anchor(struct planner *p, bool application_set_it, struct err *err)
{
	const struct template *t = p->template;
	sec_t due = sec_from_usec(p->due);
	if (t->starts_zone) {
		if (!open_from(p, t->starts_local, err))
			return false;
		bool belongs = true;
		struct occurrence found;
		if (application_set_it && !find_at(p, due, &belongs, &found, err))
			return false;
		if (belongs)
			return true;
	}
	return open_from(p, zone_to_wall(p->zone, due), err);
}

static sec_t later_of(sec_t second, usec_t instant)
{
	sec_t other = instant == TEMPLATE_NONE ? INT64_MIN : sec_from_usec(instant);
	return other > second ? other : second;
}

static bool is_history(const struct template *t, usec_t at)
{
	return t->made_through != TEMPLATE_NONE &&
	       sec_from_usec(at) <= sec_from_usec(t->made_through);
}

/* A next_due_at that is history comes from the save of a stale row and says nothing: the plan of
 * before stands, so that nothing between made_through and an edit of the rule comes up again. */
static void take_due(struct planner *p)
{
	const struct template *t = p->template;
	bool planned = t->planned_due_at != TEMPLATE_NONE;
	bool stale = is_history(t, t->next_due_at) && planned && !is_history(t, t->planned_due_at);
	p->due = stale ? t->planned_due_at : t->next_due_at;
	p->history = is_history(t, p->due);
	p->ours = planned && same_second(p->due, t->planned_due_at);
}

#define ZONE_SHIFT_MAX (26 * 3600) /* the most that a change of its zone can move an instant */

/* The zone's data have changed: of the set as it is now, the occurrence that next_due_at was.  The
 * nearest, since the clocks of a place move by hours and its rules by days, or by nothing at all. */
static bool find_moved(struct planner *p, sec_t due, struct err *err)
{
	sec_t best = INT64_MAX;
	p->after = later_of(due - ZONE_SHIFT_MAX, p->template->made_through);
	recurrence_seek(p->recurrence, p->after);
	for (int steps = 0; steps < 4 * PLAN_STEPS; steps++) {
		struct occurrence found;
		enum recur_status status = next_occurrence(p, &found, err);
		if (status == RECUR_FAILED)
			return false;
		if (status != RECUR_FOUND || found.at > due + ZONE_SHIFT_MAX)
			break;
		if (found.excluded || llabs(found.at - due) >= llabs(best - due))
			continue;
		best = found.at;
		p->after = best - 1;
	}
	return true;
}

/* Where the walk starts, by the rules in the header. */
static bool find_start(struct planner *p, struct err *err)
{
	const struct template *t = p->template;
	take_due(p);
	sec_t due = sec_from_usec(p->due);
	bool edited = t->replan_at != TEMPLATE_NONE && t->starts_zone;
	if (!anchor(p, !p->ours && !p->history, err))
		return false;
	/* After an edit, what we had planned stands only if it was due before it. */
	bool overtaken = edited && p->ours &&
			 (t->ended_at != TEMPLATE_NONE || due > sec_from_usec(t->replan_at));
	p->first_stands = !p->history && !overtaken;
	p->after = p->first_stands ? due : later_of(INT64_MIN, t->made_through);
	if (edited && (p->ours || p->history))
		p->after = later_of(p->after, t->replan_at);
	p->adopting = t->planned_due_at == TEMPLATE_NONE && t->created_at < p->policy->live_since &&
		      t->next_due_at < p->policy->live_since;
	p->rezoned = edited && t->replan_at == TEMPLATE_REZONE && overtaken && !p->history;
	return !p->rezoned || find_moved(p, due, err);
}

/* ---- the walk ---- */

static bool count_used_up(const struct planner *p)
{
	uint64_t count = counts_itself(p) ? 0 : rule_count(p->rule);
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
	if (rule_has_overrides(p->rule) && !find_at(p, due, &in_set, &found, err))
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
		rule_count(p->rule) == 0 || counts_itself(p) || !rule_has_overrides(p->rule))
		return true;
	recurrence_seek(p->recurrence, sec_from_usec(t->made_through));
	for (int steps = 0; steps < PLAN_STEPS; steps++) {
		struct occurrence found;
		enum recur_status status = next_occurrence(p, &found, err);
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
		enum recur_status status = next_occurrence(p, &found, err);
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

static bool walk(struct planner *p, struct err *err)
{
	size_t budget = p->policy->catch_up_limit + PLAN_STEPS;
	bool on = true;
	if (!count_passed_exclusions(p, err))
		return false;
	if (p->first_stands && !walk_first(p, &on, err))
		return false;
	if (!on)
		return true;
	recurrence_seek(p->recurrence, p->after);
	while (p->n < budget) {
		if (count_used_up(p)) {
			reach_end(p);
			return true;
		}
		struct occurrence found;
		enum recur_status status = next_occurrence(p, &found, err);
		if (status == RECUR_FAILED)
			return false;
		if (status == RECUR_END)
			reach_end(p);
		if (status != RECUR_FOUND || !walk_to(p, from_sec(found.at), &found))
			return true;
	}
	return jump(p, err);
}

/* ---- the whole ---- */

bool plan_walk(struct planner *p, struct err *err)
{
	const struct template *t = p->template;
	if (!t->rule)
		return err_set(err, "recurrence_rule: larger than %d bytes", RULE_BYTES_MAX);
	if (t->next_due_at < INSTANT_MIN || t->next_due_at > INSTANT_MAX)
		return err_set(err, "next_due_at: expected an instant in the years 1 to 9999");
	return rule_parse(t->rule, t->rule_len, &p->rule, err) && load_zone(p, err) &&
	       find_start(p, err) && walk(p, err);
}
