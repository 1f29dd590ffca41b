/* Where a template stands: its zone, its anchor, and what next_due_at means.  Shared by the plan, which
 * acts on it, and the outlook, which foretells. */
#include <stdio.h>
#include <stdlib.h>

#include "plan/fates.h"
#include "util/timefmt.h"

#define SLICES_MAX 8 /* of about a millisecond: what one plan may compute */

/* Years 1 to 9999: what RFC 5545 can write. */
#define INSTANT_MIN (INT64_C(-62135596800) * USEC_PER_SEC)
#define INSTANT_MAX (INT64_C(253402300799) * USEC_PER_SEC)

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
	*err = why;
	return err_prefix(err, "%s: ",
		named  ? "recurrence_rule.timeZone"
		: user ? "recurd.preferences.time_zone"
		       : "default_time_zone");
}

#define COUNTED_MAX 2000

/* COUNT is compared with used_count, at no cost that grows.  But what overrides add does not count, and
 * used_count cannot tell: there the recurrence counts for itself, from the anchor. */
bool plan_counts_itself(const struct planner *p)
{
	return rule_has_overrides(p->rule) && !rule_only_excludes(p->rule) &&
	       rule_count(p->rule) <= COUNTED_MAX;
}

static bool open_from(struct planner *p, sec_t wall, struct err *err)
{
	recurrence_close(p->recurrence);
	p->recurrence = NULL;
	unsigned flags = RECUR_EXCLUDED | RECUR_BY_TIME;
	if (!plan_counts_itself(p))
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
enum recur_status plan_next_occurrence(struct planner *p, struct occurrence *ret, struct err *err)
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
bool plan_find_at(
	struct planner *p, sec_t instant, bool *ret_found, struct occurrence *ret, struct err *err)
{
	recurrence_seek(p->recurrence, instant - 1);
	enum recur_status status = plan_next_occurrence(p, ret, err);
	if (status == RECUR_FAILED)
		return false;
	*ret_found = status == RECUR_FOUND && ret->at == instant;
	return true;
}

/* Where the set begins: the stored anchor.  Before there is one, and when the rule has been edited, the
 * rule's own DTSTART comes first.  false: neither is there. */
static bool anchor_known(const struct planner *p, sec_t *ret_wall)
{
	const struct template *t = p->template;
	bool edited = t->replan_at != TEMPLATE_NONE && t->replan_at != TEMPLATE_REZONE;
	if ((!t->starts_zone || edited) && rule_start(p->rule, ret_wall))
		return true;
	*ret_wall = t->starts_local;
	return t->starts_zone != NULL;
}

/* Opens the recurrence from there, or from the instant that the application set. */
static bool anchor(struct planner *p, bool application_set_it, struct err *err)
{
	sec_t due = sec_from_usec(p->due), wall;
	if (anchor_known(p, &wall)) {
		if (!open_from(p, wall, err))
			return false;
		bool belongs = true;
		struct occurrence found;
		if (application_set_it && !plan_find_at(p, due, &belongs, &found, err))
			return false;
		if (belongs)
			return true;
	}
	return open_from(p, zone_to_wall(p->zone, due), err);
}

sec_t plan_later_of(sec_t second, usec_t instant)
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
	p->after = plan_later_of(due - ZONE_SHIFT_MAX, p->template->made_through);
	recurrence_seek(p->recurrence, p->after);
	for (int steps = 0; steps < 4 * PLAN_STEPS; steps++) {
		struct occurrence found;
		enum recur_status status = plan_next_occurrence(p, &found, err);
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
	p->after = p->first_stands ? due : plan_later_of(INT64_MIN, t->made_through);
	if (edited && (p->ours || p->history))
		p->after = plan_later_of(p->after, t->replan_at);
	p->adopting = t->planned_due_at == TEMPLATE_NONE && t->created_at < p->policy->live_since &&
		      t->next_due_at < p->policy->live_since;
	p->rezoned = edited && t->replan_at == TEMPLATE_REZONE && overtaken && !p->history;
	return !p->rezoned || find_moved(p, due, err);
}

bool plan_start(struct planner *p, struct err *err)
{
	const struct template *t = p->template;
	if (!t->rule)
		return err_set(err, "recurrence_rule: larger than %d bytes", RULE_BYTES_MAX);
	if (t->next_due_at < INSTANT_MIN || t->next_due_at > INSTANT_MAX)
		return err_set(err, "next_due_at: expected an instant in the years 1 to 9999");
	return rule_parse(t->rule, t->rule_len, &p->rule, err) && load_zone(p, err) &&
	       find_start(p, err);
}
