/* The choice between the two expanders. */
#include "recur/candidates.h"

/* The walk's first period or two hold the next candidate: what most templates are, and not worth an
 * iterator of libical, which takes longer to make than all the rest of a plan. */
static bool is_at_hand(const struct pattern *pattern)
{
	bool months = pattern->freq == FREQ_MONTHLY && pattern->has_monthday && !pattern->has_days;
	return (pattern->freq == FREQ_DAILY || pattern->freq == FREQ_WEEKLY || months) &&
	       pattern->months == 0;
}

void candidates_open(struct candidates *candidates, const struct pattern *pattern, bool all)
{
	*candidates = (struct candidates){ .after = pattern->start };
	walk_init(&candidates->walk, pattern);
	/* Of what is walked without a jump the walk is the faster one. */
	if (!all && !is_at_hand(pattern) && ical_fits(pattern))
		candidates->ical = ical_open(pattern);
}

static void leave_ical(struct candidates *candidates)
{
	ical_close(candidates->ical);
	candidates->ical = NULL;
	walk_seek(&candidates->walk, candidates->after);
}

void candidates_fork(struct candidates *dst, const struct candidates *src)
{
	*dst = *src;
	if (!src->ical)
		return;
	dst->ical = ical_open(src->walk.pattern);
	dst->ical_placed = false;
	if (!dst->ical)
		leave_ical(dst);
}

void candidates_close(struct candidates *candidates)
{
	ical_close(candidates->ical);
	candidates->ical = NULL;
}

void candidates_seek(struct candidates *candidates, sec_t wall)
{
	candidates->after = wall;
	if (!candidates->ical)
		walk_seek(&candidates->walk, wall);
	/* libical's seek is dear, and the next call may be another seek. */
	candidates->ical_placed = false;
}

/* libical's next candidate; false: it has none, or cannot go there. */
static bool next_of_ical(struct candidates *candidates, sec_t *ret_wall)
{
	if (!candidates->ical_placed && !ical_seek(candidates->ical, candidates->after))
		return false;
	candidates->ical_placed = true;
	return ical_next(candidates->ical, ret_wall);
}

enum walk_status candidates_next(struct candidates *candidates, int *steps, sec_t *ret_wall)
{
	sec_t wall = 0;
	while (candidates->ical) {
		if (!next_of_ical(candidates, &wall)) {
			leave_ical(candidates);
			break;
		}
		--*steps;
		if (wall < candidates->after) {
			if (*steps <= 0)
				return WALK_AGAIN;
			continue;
		}
		candidates->after = wall + 1;
		*ret_wall = wall;
		return WALK_FOUND;
	}
	enum walk_status status = walk_next(&candidates->walk, steps, &wall);
	if (status != WALK_FOUND)
		return status;
	candidates->after = wall + 1;
	*ret_wall = wall;
	return WALK_FOUND;
}
