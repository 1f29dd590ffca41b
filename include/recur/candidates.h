/* candidates: the wall times of a pattern, from whichever expander suits it.  Inside recur/ only.
 *
 * libical, where it is right and bounded and more than a step is to be done: making its iterator takes
 * 6 us or more, a step of the walk a fraction of one.
 * Knows nothing of zones, COUNT, UNTIL and overrides, no more than walk.h and ical.h do.
 */
#pragma once

#include "recur/ical.h"
#include "recur/walk.h"

struct candidates {
	struct walk walk;
	struct ical *ical; /* NULL: the walk alone */
	bool ical_placed; /* it stands at `after` */
	sec_t after; /* nothing before this */
};

/* all: they are going to be walked from the first on. */
void candidates_open(struct candidates *candidates, const struct pattern *pattern, bool all);
/* dst becomes a second, independent one that stands where src does. */
void candidates_fork(struct candidates *dst, const struct candidates *src);
void candidates_close(struct candidates *candidates);
/* The following candidates_next gives the first one that is not before wall. */
void candidates_seek(struct candidates *candidates, sec_t wall);
enum walk_status candidates_next(struct candidates *candidates, int *steps, sec_t *ret_wall);
