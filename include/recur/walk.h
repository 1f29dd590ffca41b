/* walk: recurd's own expander, over the wall times of one pattern.  Inside recur/ only.
 *
 * Knows nothing of zones, COUNT, UNTIL and overrides.  Holds no memory of its own: a copy is a second,
 * independent walk.  Walks in strictly ascending order up to the year 9999.
 */
#pragma once

#include "recur/pattern.h"

enum walk_status { WALK_FOUND, WALK_END, WALK_AGAIN };

struct walk {
	const struct pattern *pattern;
	int64_t k; /* number of the period */
	bool filled; /* period, days and total are those of k */
	sec_t period; /* wall time of the period's first day (sub-daily: of itself) */
	int64_t total, at; /* candidates of the period, the one to look at next */
	int days;
	sec_t floor; /* nothing before this */
	struct year year;
	int64_t day; /* the day tested last, and whether it matches: sub-daily */
	bool day_matches;
	uint16_t day_at[INTSET_MAX + 2];
};

void walk_init(struct walk *walk, const struct pattern *pattern);
/* The following walk_next gives the first candidate that is not before wall. */
void walk_seek(struct walk *walk, sec_t wall);
/* WALK_AGAIN: *steps has run out; call again with more. */
enum walk_status walk_next(struct walk *walk, int *steps, sec_t *ret_wall);
