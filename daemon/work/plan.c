/* What becomes of one template; see the header.
 *
 * First the walk: occurrences from next_due_at on, until one lies ahead of now, the rule ends, or the
 * budget is used up.  Then the verdicts: made, dropped, paused, adopted.  Then as much of it as is
 * certain and fits the batch becomes the plan.
 */
#include "work/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recur/recurrence.h"
#include "util/mem.h"
#include "util/timefmt.h"

#define AGAIN_MAX 64 /* a rule that finds nothing in so many slices is refused */

/* Years 1 to 9999: what RFC 5545 can write. */
#define INSTANT_MIN (INT64_C(-62135596800) * USEC_PER_SEC)
#define INSTANT_MAX (INT64_C(253402300799) * USEC_PER_SEC)

enum verdict {
	MAKE = PLAN_SKIPS,
	EXCLUDED, /* by an override: used up, not worth a word */
};

struct entry {
	usec_t at;
	int verdict; /* enum plan_skip or enum verdict */
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
	sec_t after; /* the walk goes on after this instant */
	bool adopting; /* from before live_since, never planned by us */
	/* What the walk found, in order. */
	struct entry *entries;
	size_t n, size;
	size_t excluded_ahead; /* between now and the next occurrence; they count when it comes */
	bool reached; /* it came to the present, or to the rule's end */
	bool at_end; /* ... to the rule's end */
	usec_t ahead; /* ... or this is the next occurrence after now */
};

const char *plan_skip_name(enum plan_skip skip)
{
	static const char *const names[] = { "dropped", "paused", "adopted" };
	return names[skip];
}

static bool same_second(usec_t a, usec_t b)
{
	return sec_from_usec(a) == sec_from_usec(b);
}

/* ---- the anchor ---- */

static bool load_zone(struct planner *p, struct err *err)
{
	const char *name = rule_time_zone(p->rule);
	struct err why;
	if (zone_load(name ? name : p->policy->default_time_zone, &p->zone, &why))
		return true;
	return err_set(err, "recurrence_rule.timeZone: %s", why.text);
}

static bool open_from(struct planner *p, sec_t wall, struct err *err)
{
	recurrence_close(p->recurrence);
	p->recurrence = NULL;
	if (!recurrence_open(
		    p->rule, wall, p->zone, RECUR_UNCOUNTED | RECUR_EXCLUDED, &p->recurrence, err))
		return false;
	p->plan->starts_local = wall;
	snprintf(p->plan->starts_zone, sizeof(p->plan->starts_zone), "%s", zone_name(p->zone));
	return recurrence_check_interval(
		p->recurrence, p->policy->min_interval / USEC_PER_SEC, err);
}

/* The next occurrence of the open recurrence, slices and all. */
static enum recur_status next_occurrence(struct planner *p, struct occurrence *ret, struct err *err)
{
	for (int i = 0; i < AGAIN_MAX; i++) {
		enum recur_status status = recurrence_next(p->recurrence, ret, err);
		if (status != RECUR_AGAIN)
			return status;
	}
	err_set(err, "recurrence_rule: finds no occurrence within the limit of computation");
	return RECUR_FAILED;
}

static bool belongs_to_set(struct planner *p, sec_t instant, bool *ret_belongs, struct err *err)
{
	struct occurrence found;
	recurrence_seek(p->recurrence, instant - 1);
	enum recur_status status = next_occurrence(p, &found, err);
	if (status == RECUR_FAILED)
		return false;
	*ret_belongs = status == RECUR_FOUND && found.nominal == instant;
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
		if (application_set_it && !belongs_to_set(p, due, &belongs, err))
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
	return true;
}

/* ---- the walk ---- */

static bool count_used_up(const struct planner *p)
{
	uint64_t count = rule_count(p->rule);
	return count > 0 && (uint64_t)p->template->used_count + p->n + p->excluded_ahead >= count;
}

static bool within_pause(const struct template *t, usec_t at)
{
	if (t->resumed_at == TEMPLATE_NONE || at > t->resumed_at)
		return false;
	return t->paused_at == TEMPLATE_NONE || at >= t->paused_at;
}

static void add_entry(struct planner *p, usec_t at, bool excluded)
{
	bool backlog = p->adopting && at <= p->policy->live_since &&
		       p->policy->adopt_backlog != PLAN_BACKLOG_ALL;
	int verdict = excluded                        ? (int)EXCLUDED
		      : within_pause(p->template, at) ? (int)PLAN_PAUSED
		      : backlog                       ? (int)PLAN_ADOPTED
						      : (int)MAKE;
	if (p->n == p->size) {
		p->size = p->size ? p->size * 2 : 4;
		p->entries = mem_realloc_array(p->entries, p->size, sizeof(*p->entries));
	}
	p->entries[p->n++] = (struct entry){ at, verdict };
}

static void reach_end(struct planner *p)
{
	p->reached = true;
	p->at_end = true;
}

/* Takes one instant.  false: the walk is over. */
static bool walk_to(struct planner *p, usec_t at, bool excluded)
{
	if (count_used_up(p)) {
		reach_end(p);
		return false;
	}
	if (at > p->now && excluded) {
		p->excluded_ahead++;
		return true;
	}
	if (at > p->now) {
		p->reached = true;
		p->ahead = at;
		return false;
	}
	add_entry(p, at, excluded);
	return true;
}

/* What an override excludes is never waited for, but uses up COUNT once it is passed. */
static bool count_passed_exclusions(struct planner *p, struct err *err)
{
	const struct template *t = p->template;
	if (!p->ours || !p->first_stands || rule_count(p->rule) == 0 ||
		t->made_through == TEMPLATE_NONE)
		return true;
	recurrence_seek(p->recurrence, sec_from_usec(t->made_through));
	for (int steps = 0; steps < PLAN_STEPS; steps++) {
		struct occurrence found;
		enum recur_status status = next_occurrence(p, &found, err);
		if (status == RECUR_FAILED)
			return false;
		if (status == RECUR_END || found.nominal >= sec_from_usec(p->due))
			break;
		if (found.excluded && found.nominal * USEC_PER_SEC <= p->now)
			add_entry(p, found.nominal * USEC_PER_SEC, true);
	}
	return true;
}

static bool walk(struct planner *p, struct err *err)
{
	size_t budget = p->policy->catch_up_limit + PLAN_STEPS;
	if (!count_passed_exclusions(p, err))
		return false;
	if (p->first_stands) {
		if (!recurrence_within_until(p->recurrence, sec_from_usec(p->due))) {
			reach_end(p);
			return true;
		}
		if (!walk_to(p, p->due, false))
			return true;
	}
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
		if (status == RECUR_END) {
			reach_end(p);
			return true;
		}
		if (!walk_to(p, found.nominal * USEC_PER_SEC, found.excluded))
			return true;
	}
	return true;
}

/* ---- the verdicts ---- */

/* The newest of the backlog is made all the same, unless the policy is none. */
static void adopt_latest(struct planner *p)
{
	if (p->policy->adopt_backlog != PLAN_BACKLOG_LATEST)
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
	size_t makes = 0;
	for (size_t i = 0; i < p->n; i++)
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

/* What the application has set for later remains the application's until it is due: it may be moved
 * again, and no edit of the rule overtakes it. */
static void leave_to_application(struct planner *p)
{
	const struct template *t = p->template;
	p->plan->planned_due_at = t->planned_due_at;
	if (t->starts_zone)
		p->plan->starts_local = t->starts_local;
}

static void settle(struct planner *p, size_t limit)
{
	struct plan *plan = p->plan;
	size_t n = certain(p), i = 0;
	plan->occurrences = mem_alloc_array(n < limit ? n : limit, sizeof(*plan->occurrences));
	for (; i < n; i++) {
		const struct entry *entry = &p->entries[i];
		if (entry->verdict == (int)MAKE && plan->n == limit)
			break;
		if (entry->verdict == (int)MAKE)
			plan->occurrences[plan->n++] = entry->at;
		else if (entry->verdict < PLAN_SKIPS)
			skip(plan, (enum plan_skip)entry->verdict, entry->at);
		plan->made_through = entry->at;
		plan->used_count++;
	}
	plan->replan_at = TEMPLATE_NONE;
	if (i < p->n) {
		plan->next_due_at = p->entries[i].at;
	} else if (!p->reached) {
		/* Everything walked is used up and yet it is all past: look again from here. */
		plan->next_due_at = plan->made_through;
	} else if (!p->at_end) {
		plan->next_due_at = p->ahead;
	} else if ((p->n > 0 || p->ours || p->history) && plan->made_through != TEMPLATE_NONE) {
		plan->next_due_at = plan->made_through; /* the end: stay on the last occurrence */
	}
	/* An unfinished adoption is recognised by the missing plan. */
	plan->planned_due_at = p->adopting && !p->reached ? TEMPLATE_NONE : plan->next_due_at;
	if (p->n == 0 && p->first_stands && !p->ours && !p->at_end)
		leave_to_application(p);
	bool over = p->at_end && i == p->n;
	plan->revived = p->template->ended_at != TEMPLATE_NONE && !over;
	plan->ended = over && (p->template->is_active || p->template->ended_at == TEMPLATE_NONE);
	plan->ended_at = !over                                    ? TEMPLATE_NONE
			 : p->template->ended_at != TEMPLATE_NONE ? p->template->ended_at
								  : p->now;
	plan->is_active = !over;
}

/* ---- the whole ---- */

static bool prepare(struct planner *p, struct err *err)
{
	const struct template *t = p->template;
	if (!t->rule)
		return err_set(err, "recurrence_rule: larger than %d bytes", RULE_BYTES_MAX);
	if (t->next_due_at < INSTANT_MIN || t->next_due_at > INSTANT_MAX)
		return err_set(err, "next_due_at: expected an instant in the years 1 to 9999");
	return rule_parse(t->rule, t->rule_len, &p->rule, err) && load_zone(p, err) &&
	       find_start(p, err) && walk(p, err);
}

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
	if (prepare(&p, &why)) {
		adopt_latest(&p);
		drop_oldest(&p);
		settle(&p, limit);
	} else {
		plan_quarantine(template, why.text, ret_plan);
	}
	recurrence_close(p.recurrence);
	rule_free(p.rule);
	free(p.entries);
}

void plan_finish(struct plan *plan)
{
	free(plan->occurrences);
	plan->occurrences = NULL;
	plan->n = 0;
}
