/* Days off and what falls on them; see the header. */
#include "plan/shift.h"

#define DAY_SECS     86400
#define INSTANT_LAST INT64_C(253402300799) /* of the year 9999 */

const char *policy_shift_words(const struct policies *policies)
{
	static const char *const words[] = {
		[SHIFT_NEXT] = "from a day off to the next working day",
		[SHIFT_PREVIOUS] = "from a day off to the working day before",
		[SHIFT_NEAREST] = "from a day off to the nearest working day"
	};
	return policies && policies->shift < ARRAY_LEN(words) ? words[policies->shift] : NULL;
}

static int64_t day_of(sec_t wall)
{
	return wall / DAY_SECS - (wall % DAY_SECS < 0);
}

static bool find(const struct shift *shift, int64_t day, int64_t *ret_day)
{
	static const enum workdays_side sides[] = { [SHIFT_NEXT] = WORKDAYS_NEXT,
		[SHIFT_PREVIOUS] = WORKDAYS_PREVIOUS,
		[SHIFT_NEAREST] = WORKDAYS_NEAREST };
	return shift->how != SHIFT_SKIP &&
	       workdays_find(shift->workdays, day, sides[shift->how], ret_day);
}

/* Does a working day take in what falls on days off beside it? */
static bool takes_in(const struct shift *shift, int64_t day)
{
	bool before = shift->how == SHIFT_NEXT || shift->how == SHIFT_NEAREST;
	bool after = shift->how == SHIFT_PREVIOUS || shift->how == SHIFT_NEAREST;
	return (before && !workdays_work(shift->workdays, day - 1)) ||
	       (after && !workdays_work(shift->workdays, day + 1));
}

static struct shifted settle(const struct shift *shift, usec_t due, int64_t day)
{
	struct shifted shifted = { .due = due };
	if (shift->several && takes_in(shift, day)) {
		usec_t begins = zone_to_instant(shift->zone, day * DAY_SECS, NULL) * USEC_PER_SEC;
		shifted.early = due > begins ? due - begins : 0;
	}
	return shifted;
}

struct shifted shift_move(const struct shift *shift, usec_t stands)
{
	return shift_move_skipped(shift, stands, 0);
}

struct shifted shift_move_skipped(const struct shift *shift, usec_t stands, usec_t gap)
{
	struct shifted skipped = { .skipped = true, .due = stands };
	sec_t second = sec_from_usec(stands);
	int64_t target;
	if (!shift->workdays || shift->how == SHIFT_NONE)
		return (struct shifted){ .due = stands };
	sec_t wall = zone_to_wall(shift->zone, second);
	int64_t day = day_of(wall);
	if (workdays_work(shift->workdays, day))
		return settle(shift, stands, day);
	if (!find(shift, day, &target))
		return skipped;
	/* Of a gap across midnight nothing is taken back: the day would be another. */
	sec_t meant = wall - gap / USEC_PER_SEC;
	meant = day_of(meant) == day ? meant : wall;
	sec_t moved = zone_to_instant(shift->zone, meant + (target - day) * DAY_SECS, NULL);
	if (moved > INSTANT_LAST)
		return skipped;
	return settle(shift, stands + (moved - second) * USEC_PER_SEC, target);
}

usec_t shift_reach(const struct shift *shift, usec_t instant)
{
	int64_t before;
	if (!shift->workdays || shift->how == SHIFT_NONE || shift->how == SHIFT_SKIP ||
		shift->how == SHIFT_PREVIOUS)
		return 0;
	int64_t day = day_of(zone_to_wall(shift->zone, sec_from_usec(instant)));
	if (!workdays_find(shift->workdays, day - 1, WORKDAYS_PREVIOUS, &before))
		before = day - WORKDAYS_REACH;
	return (day - before + 1) * DAY_SECS * USEC_PER_SEC;
}
