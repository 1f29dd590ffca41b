/* Where a template stands; see the header. */
#include "plan/start.h"

#include <stdlib.h>

#include "plan/move.h"
#include "util/charset.h"
#include "util/timefmt.h"

static bool same_second(usec_t a, usec_t b)
{
	return sec_from_usec(a) == sec_from_usec(b);
}

/* ---- searching ---- */

enum recur_status start_search(struct start *start, struct occurrence *ret, struct err *err)
{
	while (start->slices < START_SLICES_MAX) {
		enum recur_status status = recurrence_next(start->recurrence, ret, err);
		if (status != RECUR_AGAIN)
			return status;
		start->slices++;
	}
	return RECUR_AGAIN;
}

bool start_has_fixed(const struct start *start)
{
	return rule_has_overrides(start->rule) && !rule_only_excludes(start->rule);
}

bool start_give_up(struct err *err)
{
	return err_set(err, "recurrence_rule: finds no occurrence within the limit of computation");
}

#define COUNTED_MAX 2000

static bool counts_itself(const struct rule *rule)
{
	return rule_has_overrides(rule) && !rule_only_excludes(rule) &&
	       rule_count(rule) <= COUNTED_MAX;
}

/* Unless it counts from the start on, the search begins there: what it has not found when its time is up is not
 * there.  What comes next has a time of its own. */
enum recur_status start_search_at(
	struct start *start, sec_t instant, struct occurrence *ret, struct err *err)
{
	bool counts = rule_count(start->rule) > 0 && counts_itself(start->rule);
	int slices = start->slices;
	start->slices = counts ? slices : 0;
	recurrence_seek(start->recurrence, instant - 1);
	enum recur_status status = start_search(start, ret, err);
	bool beyond = status == RECUR_AGAIN && !counts;
	start->slices = counts ? start->slices : slices;
	return beyond || (status == RECUR_FOUND && ret->at != instant) ? RECUR_END : status;
}

/* ---- the anchor ---- */

/* The rule's own zone, else the user's, else the daemon's default. */
static bool load_zone(struct start *start, struct err *err)
{
	const char *named = rule_time_zone(start->rule), *user = start->template->user_zone;
	const char *name = named ? named : user ? user : start->policy->default_time_zone;
	struct err why;
	if (start->policy->zone(name, &start->zone, &why))
		return true;
	*err = why;
	return err_prefix(err, "%s: ",
		named  ? "recurrence_rule.timeZone"
		: user ? "recurd.preferences.time_zone"
		       : "default_time_zone");
}

/* A calendar that nobody can go by is no reason to make something on a day off. */
static bool find_shift(struct start *start, struct err *err)
{
	const struct policies *policies = start->template->policies;
	if (!policies || policies->shift == SHIFT_NONE)
		return true;
	start->shift = (struct shift){ .workdays = workdays_plain(),
		.zone = start->zone,
		.how = policies->shift,
		.several = rule_is_several_a_day(start->rule) };
	return !policies->calendar ||
	       calendars_find(
		       start->policy->calendars, policies->calendar, &start->shift.workdays, err) ||
	       err_prefix(err, "recurd.policies.calendar: ");
}

uint64_t start_count(const struct start *start)
{
	return counts_itself(start->rule) ? 0 : rule_count(start->rule);
}

unsigned start_flags(const struct rule *rule)
{
	unsigned flags = RECUR_EXCLUDED | RECUR_BY_TIME;
	return counts_itself(rule) ? flags : flags | RECUR_UNCOUNTED;
}

static bool open_from(struct start *start, sec_t wall, struct err *err)
{
	recurrence_close(start->recurrence);
	start->recurrence = NULL;
	if (!recurrence_open(start->rule, wall, start->zone, start_flags(start->rule),
		    &start->recurrence, err))
		return false;
	start->anchor = wall;
	return recurrence_check_interval(
		start->recurrence, start->policy->min_interval / USEC_PER_SEC, err);
}

/* Where the set begins: the stored anchor.  Before there is one, and when the rule has been edited, the
 * rule's own DTSTART comes first.  false: neither is there. */
static bool anchor_known(const struct start *start, sec_t *ret_wall)
{
	const struct template *t = start->template;
	bool edited = template_edit(t) == EDIT_RULE;
	if ((!t->starts_zone || edited) && rule_start(start->rule, ret_wall))
		return true;
	*ret_wall = t->starts_local;
	return t->starts_zone != NULL;
}

/* An instant that the application set keeps the anchor if it belongs to the set. */
static bool belongs(struct start *start, bool *ret_belongs, struct err *err)
{
	struct occurrence found;
	enum recur_status status = start_search_at(start, sec_from_usec(start->due), &found, err);
	*ret_belongs = status == RECUR_FOUND ||
		       (template_edit(start->template) == EDIT_OVERRIDES &&
			       recurrence_moves(start->recurrence, sec_from_usec(start->due)));
	if (status == RECUR_AGAIN)
		return start_give_up(err);
	return status != RECUR_FAILED;
}

/* What is left of another series: what that has before, and did not come to, has used up COUNT. */
static bool is_rest(const struct start *start)
{
	return template_edit(start->template) == EDIT_SPLIT;
}

/* A series that begins with the rule's own DTSTART and is met in the middle, as one that was imported: what
 * its start gives before what is due now has used up COUNT, excluded or not.  Once something was made,
 * used_count has it.  Hostile ones have millions: no more are looked at than take some milliseconds. */
#define BEFORE_MAX 20000

static bool begins_before(const struct start *start)
{
	const struct template *t = start->template;
	sec_t own;
	return is_rest(start) || (t->made_through == TEMPLATE_NONE && t->used_count == 0 &&
					 rule_start(start->rule, &own) && own == start->anchor);
}

static bool count_before(struct start *start, struct err *err)
{
	uint64_t count = start_count(start);
	int slices = start->slices;
	sec_t due = sec_from_usec(start->due);
	struct occurrence found;
	enum recur_status status = RECUR_FOUND;
	if (count == 0 || !begins_before(start))
		return true;
	recurrence_seek(start->recurrence, start->made);
	while (start->before < count && start->before < BEFORE_MAX) {
		status = start_search(start, &found, err);
		if (status != RECUR_FOUND || found.at >= due)
			break;
		start->before++;
	}
	start->slices = slices;
	return status != RECUR_FAILED;
}

/* What the application sets beyond the last one begins a series of its own. */
static bool is_spent(const struct start *start)
{
	uint64_t count = start_count(start);
	return start->standing == STANDS_SET && count > 0 && start->before >= count;
}

/* Opens the recurrence from there, or from the instant that the application set. */
static bool anchor(struct start *start, struct err *err)
{
	sec_t wall;
	if (anchor_known(start, &wall)) {
		bool stays = true;
		if (!open_from(start, wall, err))
			return false;
		if (start->standing == STANDS_SET && !belongs(start, &stays, err))
			return false;
		if (stays && !count_before(start, err))
			return false;
		if (stays && !is_spent(start))
			return true;
	}
	start->before = 0;
	return open_from(start, zone_to_wall(start->zone, sec_from_usec(start->due)), err);
}

/* ---- what is next ---- */

/* TEMPLATE_NONE is earlier than all. */
static sec_t later_of(sec_t second, usec_t instant)
{
	sec_t other = instant == TEMPLATE_NONE ? INT64_MIN : sec_from_usec(instant);
	return other > second ? other : second;
}

/* A next_due_at that is history comes from the save of a stale row and says nothing: the plan of
 * before stands, so that nothing between made_through and an edit of the rule comes up again. */
static void take_due(struct start *start)
{
	const struct template *t = start->template;
	bool ours = t->planned_due_at != TEMPLATE_NONE &&
		    same_second(t->next_due_at, t->planned_due_at);
	bool ahead = t->planned_due_at != TEMPLATE_NONE &&
		     !move_made_planned(start, t->planned_due_at);
	bool searched = ahead && t->ended_at == TEMPLATE_NONE &&
			t->planned_due_at - sec_from_usec(t->planned_due_at) * USEC_PER_SEC ==
				START_SEARCHED;
	start->due = t->next_due_at;
	if (!ours && sec_from_usec(t->next_due_at) > start->made) {
		start->standing = STANDS_SET;
		return;
	}
	start->standing = ahead && !searched ? STANDS_PLANNED : STANDS_HISTORY;
	if (ahead && !ours)
		start->due = t->planned_due_at;
	start->searched = searched && t->replan_at == TEMPLATE_NONE && !start->bounded;
}

#define ZONE_SHIFT_MAX (26 * 3600) /* the most that a change of its zone can move an instant */

/* The zone's data have changed: of the set as it is now, the occurrence that next_due_at was.  The
 * nearest, since the clocks of a place move by hours and its rules by days, or by nothing at all. */
static bool find_moved(struct start *start, sec_t due, struct err *err)
{
	sec_t best = due + 2 * ZONE_SHIFT_MAX;
	int slices = start->slices;
	start->after = later_of(due - ZONE_SHIFT_MAX, start->made_through);
	recurrence_seek(start->recurrence, start->after);
	for (int steps = 0; steps < 4 * PLAN_STEPS; steps++) {
		struct occurrence found;
		enum recur_status status = start_search(start, &found, err);
		if (status == RECUR_FAILED)
			return false;
		if (status != RECUR_FOUND || found.at > due + ZONE_SHIFT_MAX)
			break;
		if (found.excluded || llabs(found.at - due) >= llabs(best - due))
			continue;
		best = found.at;
		start->after = best - 1;
	}
	start->slices = slices;
	return true;
}

/* What was planned for that second stands where it was due before the edit, and what it comes to by then. */
static usec_t before_edit(const struct start *start, sec_t due)
{
	sec_t edit = sec_from_usec(start->template->replan_at);
	return (due <= edit ? due - 1 : edit) * USEC_PER_SEC;
}

/* A series that moved goes on with what was planned; one whose rule was edited as well, after the edit. */
static sec_t after_move(const struct start *start, bool edited)
{
	const struct template *t = start->template;
	sec_t after = move_after_made(start);
	bool planned = start->standing == STANDS_PLANNED;
	if (start->amended && start->moved_to != INT64_MIN)
		return later_of(after, before_edit(start, start->moved_to));
	if (edited && t->replan_at != TEMPLATE_REZONE)
		return planned || t->ended_at != TEMPLATE_NONE ? later_of(after, t->replan_at)
							       : after;
	if (!planned || start->moved_to == INT64_MIN)
		return after;
	return start->made != INT64_MIN && after < start->moved_to && start_has_fixed(start)
		       ? after
		       : start->moved_to - 1;
}

/* After an edit, what we had planned stands only if it was due before it. */
static bool is_overtaken(const struct start *start, bool edited)
{
	const struct template *t = start->template;
	bool over = t->ended_at != TEMPLATE_NONE;
	bool stands = t->replan_at == TEMPLATE_REZONE
			      ? over /* and plans nothing that could move */
			      : !over && sec_from_usec(start->due) <= sec_from_usec(t->replan_at);
	return start->standing == STANDS_PLANNED && (start->moved || (edited && !stands));
}

/* Overrides alone were edited: the series goes on from what was planned, as the overrides are now.  What the
 * application set stays, unless they leave it out or move it. */
static bool find_amended(struct start *start, struct err *err)
{
	sec_t due = sec_from_usec(start->due);
	struct occurrence found = { 0 };
	start->amended = start->standing == STANDS_PLANNED;
	if (start->standing != STANDS_SET)
		return true;
	enum recur_status status = start_search_at(start, due, &found, err);
	while (status == RECUR_FOUND && found.excluded && found.at == due) {
		start->amended = true;
		status = start_search(start, &found, err);
	}
	if (status == RECUR_FOUND && found.at == due)
		start->amended = false;
	else if (recurrence_moves(start->recurrence, due))
		start->amended = true;
	return status != RECUR_FAILED;
}

/* By the rules in the head of plan.h. */
static bool find_next(struct start *start, struct err *err)
{
	const struct template *t = start->template;
	if (!move_read(start, err))
		return false;
	take_due(start);
	if (!anchor(start, err) || !move_find(start, err))
		return false;
	if (template_edit(t) == EDIT_OVERRIDES && !find_amended(start, err))
		return false;
	sec_t due = sec_from_usec(start->due);
	bool edited = t->replan_at != TEMPLATE_NONE && t->starts_zone;
	bool overtaken = start->amended || is_overtaken(start, edited);
	start->first_stands = start->standing != STANDS_HISTORY && !overtaken;
	start->after = start->first_stands ? due : move_after_made(start);
	if (start->searched)
		start->after = later_of(start->after, t->planned_due_at);
	if (start->moved)
		start->after = after_move(start, edited);
	else if (start->amended)
		start->after = later_of(start->after, before_edit(start, due));
	else if (edited && start->standing != STANDS_SET)
		start->after = later_of(start->after, t->replan_at);
	start->adopting = t->planned_due_at == TEMPLATE_NONE &&
			  t->created_at < start->policy->live_since &&
			  t->next_due_at < start->policy->live_since;
	start->rezoned = overtaken && t->replan_at == TEMPLATE_REZONE && !start->moved;
	return !start->rezoned || find_moved(start, due, err);
}

/* Rules are JSON, and that is UTF-8. */
static bool parse_rule(const struct template *template, struct rule **ret_rule, struct err *err)
{
	struct charset *charset = charset_bound();
	if (charset_is_utf8(charset))
		return rule_parse(template->rule, template->rule_len, ret_rule, err);
	struct strbuf utf8 CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	if (!charset_to_utf8(charset, template->rule, template->rule_len, &utf8))
		return err_set(err,
			"recurrence_rule: has a byte that means nothing in the encoding "
			"of the database");
	return rule_parse(utf8.data, utf8.len, ret_rule, err);
}

bool start_rule(struct start *start, struct err *err)
{
	if (!start->template->rule)
		return err_set(err, "recurrence_rule: larger than %d bytes", RULE_BYTES_MAX);
	return parse_rule(start->template, &start->rule, err) && load_zone(start, err) &&
	       rule_use_calendars(start->rule, start->policy->calendars, err) &&
	       find_shift(start, err);
}

static bool check_repeat(const struct rule *rule, struct err *err)
{
	return rule_repeat(rule) == REPEAT_UNSAID ||
	       err_set(err, "recurrence_rule.repeatFrom: for the rule of a task; the instances of "
			    "a recurring task come at their own times");
}

bool start_find(const struct template *template, const struct plan_policy *policy,
	struct start *ret_start, struct err *err)
{
	*ret_start = (struct start){ .template = template, .policy = policy };
	return template_check(template, err) && start_rule(ret_start, err) &&
	       check_repeat(ret_start->rule, err) && find_next(ret_start, err);
}

void start_finish(struct start *start)
{
	recurrence_close(start->recurrence);
	rule_free(start->rule);
	*start = (struct start){ 0 };
}
