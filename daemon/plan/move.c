/* Another zone, the same local times; see the header. */
#include "plan/move.h"

#include <stdlib.h>
#include <string.h>

#include "util/timefmt.h"

#define OFFSET_MAX (26 * 3600)

/* ---- what was made last ---- */

/* false: it cannot be read just now.  NULL: it is no zone any more, and instants have to do. */
static bool load_before(const struct start *start, const struct zone **ret_zone, struct err *err)
{
	const char *name = start->template->starts_zone;
	struct err why;
	*ret_zone = start->zone;
	if (!name || strcmp(name, zone_name(start->zone)) == 0)
		return true;
	*ret_zone = NULL;
	if (!start->policy->zone(name, ret_zone, &why) && why.passing) {
		*err = why;
		return false;
	}
	return true;
}

/* What else stands there says nothing. */
static bool has_code(const struct template *t)
{
	return t->starts_zone && t->starts_code != 0 &&
	       abs(t->starts_code - MOVE_CODE) <= OFFSET_MAX;
}

bool move_read(struct start *start, struct err *err)
{
	const struct template *t = start->template;
	start->made = start->made_wall = INT64_MIN;
	if (!load_before(start, &start->zone_before, err))
		return false;
	if (t->made_through == TEMPLATE_NONE)
		return true;
	start->made = sec_from_usec(t->made_through);
	bool coded = has_code(t);
	start->bounded = coded || (start->zone_before && start->zone_before != start->zone);
	start->made_wall = coded ? start->made + (t->starts_code - MOVE_CODE)
				 : zone_to_wall(
					   start->zone_before ? start->zone_before : start->zone,
					   start->made);
	return true;
}

/* Late ones stand at instants of before, and what stands at an instant may be ahead of the clock. */
bool move_made_planned(const struct start *start, usec_t planned)
{
	sec_t second = sec_from_usec(planned);
	if (start->made == INT64_MIN || second > start->made)
		return false;
	return !start->bounded || !start->zone_before ||
	       start->template->ended_at != TEMPLATE_NONE ||
	       zone_to_wall(start->zone_before, second) <= start->made_wall;
}

void move_remember(const struct start *start, bool anything, struct plan *plan)
{
	sec_t made = start->made, wall = start->made_wall;
	if (anything) {
		sec_t last = sec_from_usec(plan->made_through);
		sec_t its_wall = zone_to_wall(start->zone, last);
		made = start->bounded && made > last ? made : last;
		wall = start->bounded && wall > its_wall ? wall : its_wall;
	}
	plan->made_through = made == INT64_MIN ? TEMPLATE_NONE : made * USEC_PER_SEC;
	bool agree = made == INT64_MIN || zone_to_wall(start->zone, made) == wall;
	plan->starts_code = agree ? 0 : MOVE_CODE + (int)(wall - made);
}

/* ---- what is next ---- */

/* The wall time of what was planned, in the zone of before: not what a gap in its clocks made of it.  fixed: it
 * has none, but an instant. */
static bool planned_wall(struct start *start, sec_t *ret_wall, bool *ret_fixed, struct err *err)
{
	struct recurrence *now = start->recurrence;
	struct occurrence found = { 0 };
	sec_t due = sec_from_usec(start->due);
	*ret_wall = zone_to_wall(start->zone_before, due);
	start->recurrence = NULL;
	enum recur_status status = RECUR_FAILED;
	struct err why;
	if (recurrence_open(start->rule, start->anchor, start->zone_before,
		    start_flags(start->rule), &start->recurrence, &why))
		status = start_search_at(start, due, &found, &why);
	recurrence_close(start->recurrence);
	start->recurrence = now;
	if (status == RECUR_FOUND && found.nominal == found.at)
		*ret_wall = found.wall;
	*ret_fixed = status == RECUR_FOUND && found.fixed;
	return status != RECUR_AGAIN || start_give_up(err);
}

/* Its rule is another, and not its zone alone. */
static bool is_edited(const struct template *t)
{
	return t->replan_at != TEMPLATE_NONE && t->replan_at != TEMPLATE_REZONE;
}

bool move_find(struct start *start, struct err *err)
{
	sec_t wall = INT64_MIN;
	start->not_before = start->moved_to = INT64_MIN;
	start->made_through = start->made == INT64_MIN ? TEMPLATE_NONE
			      : start->bounded
				      ? zone_to_instant(start->zone, start->made_wall, NULL) *
						USEC_PER_SEC
				      : start->made * USEC_PER_SEC;
	start->moved = start->zone_before && start->zone_before != start->zone &&
		       start->standing != STANDS_SET;
	if (!start->moved || start->standing != STANDS_PLANNED)
		return true;
	bool fixed = false;
	if (!planned_wall(start, &wall, &fixed, err))
		return false;
	if (fixed && start->made != INT64_MIN) /* the series goes on behind what was made */
		return true;
	start->moved_to = zone_to_instant(start->zone, wall, NULL);
	if (!is_edited(start->template))
		start->not_before = wall;
	return true;
}

/* What stands at an instant, between what was made and where the clock is as far, does not move. */
sec_t move_after_made(const struct start *start)
{
	if (start->made == INT64_MIN)
		return INT64_MIN;
	sec_t through = sec_from_usec(start->made_through);
	return start->bounded && start->made < through && start_has_fixed(start) ? start->made
										 : through;
}

bool move_passed(const struct start *start, const struct occurrence *found)
{
	if (!start->bounded && !start->moved)
		return false;
	if (found->fixed)
		return found->at <= start->made;
	bool stays = found->nominal == found->at;
	sec_t wall = stays ? found->wall : zone_to_wall(start->zone, found->at);
	if (wall <= start->made_wall)
		return true;
	/* What is excluded before the planned one is given first of all (fates.c). */
	bool ahead = found->at < start->moved_to &&
		     (found->excluded || !is_edited(start->template));
	return start->moved && (ahead || (stays && wall < start->not_before));
}

usec_t move_identity(const struct start *start, usec_t nominal, bool fixed)
{
	sec_t second = sec_from_usec(nominal);
	/* What the application set may have microseconds of its own. */
	bool whole = nominal == second * USEC_PER_SEC;
	if (!start->bounded || !whole || fixed || second > start->made)
		return nominal;
	return nominal + MOVE_CODE + (zone_to_wall(start->zone, second) - second);
}
