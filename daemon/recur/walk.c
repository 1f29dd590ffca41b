/* One period after the other: which of its days match, times the times of day, then set positions.
 * Sub-daily periods are not visited one by one: days, hours and minutes that do not match are
 * stepped over as a whole. */
#include "recur/walk.h"

#include "util/timefmt.h"

#define WALL_LAST INT64_C(253402300799) /* the last second of the year 9999 */
/* A day looked at costs about as much as a step elsewhere. */
#define DAYS_OF_MONTH_AS_STEPS 30

static int64_t unit_of(enum rule_freq freq)
{
	return freq == FREQ_HOURLY ? 3600 : freq == FREQ_MINUTELY ? 60 : 1;
}

static struct year *year_of(struct walk *walk, int number)
{
	if (walk->year.number != number)
		year_init(&walk->year, number, walk->pattern->rule->week_start);
	return &walk->year;
}

static bool takes_day(struct walk *walk, int64_t day)
{
	if (!walk->pattern->day_filter)
		return true;
	if (walk->day == day)
		return walk->day_matches;
	struct civil civil = civil_from_wall(day * DAY_SECONDS);
	walk->day = day;
	walk->day_matches = pattern_takes_day(
		walk->pattern, year_of(walk, civil.year), civil.month, civil.day);
	return walk->day_matches;
}

static void fill_days(struct walk *walk, int64_t first, int n)
{
	walk->period = first * DAY_SECONDS;
	walk->days = 0;
	for (int i = 0; i < n; i++)
		if (takes_day(walk, first + i))
			walk->day_at[walk->days++] = (uint16_t)i;
}

static void fill_months(struct walk *walk, int year_number, int month, int n)
{
	const struct year *year = year_of(walk, year_number);
	int64_t first = days_from_civil(year_number, month, 1);
	walk->period = first * DAY_SECONDS;
	walk->days = 0;
	for (int i = 0; i < n; i++) {
		uint16_t *end = &walk->day_at[walk->days];
		int found = pattern_month_days(walk->pattern, year, month + i, first, end);
		/* The first of a month may have come from the month before (skip forward). */
		if (found > 0 && walk->days > 0 && end[0] == end[-1]) {
			for (int j = 1; j < found; j++)
				end[j - 1] = end[j];
			found--;
		}
		walk->days += found;
	}
}

/* The first k whose sub-daily period starts at wall or later. */
static int64_t k_from(const struct pattern *pattern, sec_t wall)
{
	return -floor_div(pattern->base - wall, pattern->interval * unit_of(pattern->freq));
}

/* The day after a day that does not match, or the first after a month that does not. */
static int64_t next_day(const struct pattern *pattern, int64_t day)
{
	struct civil civil = civil_from_wall(day * DAY_SECONDS);
	if (pattern->months == 0 || (pattern->months >> civil.month & 1) != 0)
		return day + 1;
	return day - civil.day + 1 + days_in_month(civil.year, civil.month);
}

/* Moves k on to a sub-daily period that passes the filters.  False: out of steps, or at the end. */
static bool find_subdaily(struct walk *walk, int *steps)
{
	const struct pattern *pattern = walk->pattern;
	int64_t stride = pattern->interval * unit_of(pattern->freq);
	for (; *steps > 0; --*steps) {
		sec_t at = pattern->base + walk->k * stride;
		int64_t day = floor_div(at, DAY_SECONDS), t = at - day * DAY_SECONDS;
		walk->period = at;
		if (at > WALL_LAST)
			return false;
		if (!takes_day(walk, day))
			walk->k = k_from(pattern, next_day(pattern, day) * DAY_SECONDS);
		else if (pattern->hour_filter != 0 && (pattern->hour_filter >> t / 3600 & 1) == 0)
			walk->k = k_from(pattern, day * DAY_SECONDS + t / 3600 * 3600 + 3600);
		else if (pattern->minute_filter != 0 &&
			 (pattern->minute_filter >> t / 60 % 60 & 1) == 0)
			walk->k = k_from(pattern, day * DAY_SECONDS + t / 60 * 60 + 60);
		else if (pattern->second_filter != 0 && (pattern->second_filter >> t % 60 & 1) == 0)
			walk->k++;
		else
			return true;
	}
	return false;
}

static sec_t candidate(const struct walk *walk, int64_t i)
{
	const struct pattern *pattern = walk->pattern;
	return walk->period + (sec_t)walk->day_at[i / pattern->times] * DAY_SECONDS +
	       pattern_time(pattern, i % pattern->times);
}

/* The period's first candidate that is not before wall. */
static int64_t lower_bound(const struct walk *walk, sec_t wall)
{
	int64_t low = 0, high = walk->total;
	while (low < high) {
		int64_t mid = low + (high - low) / 2;
		if (candidate(walk, mid) < wall)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Fills in period k.  False: out of steps, or beyond the end (then period says so). */
static bool fill(struct walk *walk, int *steps)
{
	const struct pattern *pattern = walk->pattern;
	int64_t number = pattern->base + walk->k * pattern->interval;
	walk->days = 1;
	walk->day_at[0] = 0;
	switch (pattern->freq) {
	case FREQ_YEARLY:
		if (number > RULE_YEAR_MAX) {
			walk->period = WALL_LAST + 1;
			return false;
		}
		fill_months(walk, (int)number, 1, 12);
		*steps -= DAYS_OF_MONTH_AS_STEPS *
			  (pattern->months != 0 ? __builtin_popcount(pattern->months) : 12);
		break;
	case FREQ_MONTHLY:
		if (number / 12 > RULE_YEAR_MAX) {
			walk->period = WALL_LAST + 1;
			return false;
		}
		fill_months(walk, (int)(number / 12), (int)(number % 12) + 1, 1);
		*steps -= DAYS_OF_MONTH_AS_STEPS;
		break;
	case FREQ_WEEKLY:
	case FREQ_DAILY:
		number = pattern->base +
			 walk->k * pattern->interval * (pattern->freq == FREQ_WEEKLY ? 7 : 1);
		if (number > WALL_LAST / DAY_SECONDS) {
			walk->period = WALL_LAST + 1;
			return false;
		}
		fill_days(walk, number, pattern->freq == FREQ_WEEKLY ? 7 : 1);
		*steps -= pattern->freq == FREQ_WEEKLY ? 7 : 1;
		break;
	default:
		if (!find_subdaily(walk, steps))
			return false;
		--*steps;
		break;
	}
	walk->total = walk->days * pattern->times;
	walk->at = 0;
	walk->filled = true;
	if (walk->floor > walk->period)
		walk->at = lower_bound(walk, walk->floor);
	return true;
}

/* The next position that may match: the middle of a large set is out of BYSETPOS's reach. */
static void skip_middle(struct walk *walk)
{
	if (rule_has(walk->pattern->rule, PART_SETPOS) && walk->at >= INTSET_MAX &&
		walk->at < walk->total - INTSET_MAX)
		walk->at = walk->total - INTSET_MAX;
}

void walk_init(struct walk *walk, const struct pattern *pattern)
{
	*walk = (struct walk){ .pattern = pattern,
		.floor = pattern->start,
		.day = INT64_MIN,
		.year = { .number = INT32_MIN } };
}

void walk_seek(struct walk *walk, sec_t wall)
{
	const struct pattern *pattern = walk->pattern;
	struct civil civil = civil_from_wall(wall);
	int64_t number = floor_div(wall, DAY_SECONDS), span = pattern->interval;
	walk->filled = false;
	walk->floor = wall > pattern->start ? wall : pattern->start;
	if (pattern->freq == FREQ_YEARLY)
		number = civil.year;
	else if (pattern->freq == FREQ_MONTHLY)
		number = (int64_t)civil.year * 12 + civil.month - 1;
	else if (pattern->freq == FREQ_WEEKLY)
		span *= 7;
	else if (pattern->freq < FREQ_DAILY) {
		number = wall;
		span *= unit_of(pattern->freq);
	}
	walk->k = floor_div(number - pattern->base, span);
	/* A month's days may have moved into the next one. */
	if (pattern->rule->skip == SKIP_FORWARD)
		walk->k--;
	if (walk->k < 0)
		walk->k = 0;
}

enum walk_status walk_next(struct walk *walk, int *steps, sec_t *ret_wall)
{
	if (walk->pattern->never)
		return WALK_END;
	for (;;) {
		if (*steps <= 0)
			return WALK_AGAIN;
		if (!walk->filled && !fill(walk, steps))
			return walk->period > WALL_LAST ? WALK_END : WALK_AGAIN;
		for (; skip_middle(walk), walk->at < walk->total; walk->at++, --*steps) {
			sec_t wall = candidate(walk, walk->at);
			if (!pattern_takes_position(walk->pattern, walk->at, walk->total) ||
				wall < walk->floor)
				continue;
			if (wall > WALL_LAST)
				return WALK_END;
			walk->at++;
			walk->floor = wall + 1;
			--*steps;
			*ret_wall = wall;
			return WALK_FOUND;
		}
		walk->filled = false;
		walk->k++;
	}
}
