/* Another zone, the same local times; see the header. */
#include "plan/move.h"

#include <string.h>

#include "util/timefmt.h"

static usec_t with_code(const struct zone *zone, sec_t instant)
{
	return instant * USEC_PER_SEC + MOVE_CODE + (zone_to_wall(zone, instant) - instant);
}

static bool has_code(const struct zone *zone, usec_t instant)
{
	return instant != TEMPLATE_NONE && instant == with_code(zone, sec_from_usec(instant));
}

static usec_t whole_seconds(usec_t instant)
{
	return instant == TEMPLATE_NONE ? TEMPLATE_NONE : sec_from_usec(instant) * USEC_PER_SEC;
}

/* The wall time of what was planned, in the zone of before: not what a gap in its clocks made of it.  fixed: it
 * has none, but an instant. */
static bool planned_wall(struct start *start, const struct zone *before, sec_t *ret_wall,
	bool *ret_fixed, struct err *err)
{
	struct recurrence *now = start->recurrence;
	struct occurrence found = { 0 };
	sec_t due = sec_from_usec(start->due);
	*ret_wall = zone_to_wall(before, due);
	start->recurrence = NULL;
	enum recur_status status = RECUR_FAILED;
	struct err why;
	if (recurrence_open(start->rule, start->anchor, before, start_flags(start->rule),
		    &start->recurrence, &why))
		status = start_search_at(start, due, &found, &why);
	recurrence_close(start->recurrence);
	start->recurrence = now;
	if (status == RECUR_FOUND && found.nominal == found.at)
		*ret_wall = found.wall;
	*ret_fixed = status == RECUR_FOUND && found.fixed;
	return status != RECUR_AGAIN || start_give_up(err);
}

/* false: it cannot be read just now.  NULL: it is no zone any more, and instants have to do. */
static bool zone_before(const struct start *start, const struct zone **ret_zone, struct err *err)
{
	struct err why;
	*ret_zone = NULL;
	if (!start->policy->zone(start->template->starts_zone, ret_zone, &why) && why.passing) {
		*err = why;
		return false;
	}
	return true;
}

/* Its rule is another, and not its zone alone. */
static bool is_edited(const struct template *t)
{
	return t->replan_at != TEMPLATE_NONE && t->replan_at != TEMPLATE_REZONE;
}

static bool find(struct start *start, const struct zone *before, struct err *err)
{
	const struct template *t = start->template;
	sec_t made = INT64_MIN, wall = INT64_MIN;
	if (start->made_through != TEMPLATE_NONE) {
		made = zone_to_wall(before, sec_from_usec(start->made_through));
		start->made_through = zone_to_instant(start->zone, made, NULL) * USEC_PER_SEC;
	}
	start->moved = start->standing != STANDS_SET;
	if (!start->moved)
		return true;
	/* What comes after an edit has an instant of its own. */
	bool shifts = !is_edited(t);
	start->coded = start->coded ||
		       (shifts && start->made_through != whole_seconds(t->made_through));
	start->not_before = made == INT64_MIN ? INT64_MIN : made + 1;
	if (start->standing != STANDS_PLANNED)
		return true;
	bool fixed = false;
	if (!planned_wall(start, before, &wall, &fixed, err))
		return false;
	if (fixed && start->made != INT64_MIN) /* the series goes on behind what was made */
		return true;
	start->moved_to = zone_to_instant(start->zone, wall, NULL);
	start->coded = start->coded || (shifts && start->moved_to != sec_from_usec(start->due));
	if (shifts || wall < start->not_before)
		start->not_before = wall;
	return true;
}

bool move_find(struct start *start, struct err *err)
{
	const struct template *t = start->template;
	start->made_through = t->made_through;
	start->not_before = start->moved_to = start->made = INT64_MIN;
	if (t->made_through != TEMPLATE_NONE)
		start->made = sec_from_usec(t->made_through);
	if (!t->starts_zone)
		return true;
	const struct zone *before = start->zone;
	bool same = strcmp(t->starts_zone, zone_name(start->zone)) == 0;
	if (!same && !zone_before(start, &before, err))
		return false;
	start->coded = before && has_code(before, t->made_through);
	if (start->coded)
		start->made_through = whole_seconds(t->made_through);
	return same || !before || find(start, before, err);
}

bool move_passed(const struct start *start, const struct occurrence *found)
{
	if (start->moved && found->fixed)
		return found->at <= start->made;
	bool before = found->nominal == found->at && found->wall < start->not_before;
	/* What is excluded before the planned one is given first of all (fates.c). */
	bool ahead = found->at < start->moved_to &&
		     (found->excluded || !is_edited(start->template));
	return start->moved && (before || ahead);
}

usec_t move_identity(const struct start *start, usec_t nominal, bool fixed)
{
	/* What the application set may have microseconds of its own. */
	bool whole = nominal == whole_seconds(nominal);
	return start->coded && whole && !fixed ? with_code(start->zone, sec_from_usec(nominal))
					       : nominal;
}

usec_t move_made_through(const struct start *start, usec_t through, bool finished)
{
	bool goes_on = start->coded && !finished && through != TEMPLATE_NONE;
	return goes_on ? with_code(start->zone, sec_from_usec(through)) : through;
}
