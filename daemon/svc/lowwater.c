/* Bounded scans; see the header. */
#include "svc/lowwater.h"

#define DEAR      USEC_PER_MSEC
#define MARGIN    (60 * USEC_PER_SEC) /* for what commits late */
#define SWEEP_MIN USEC_PER_SEC
#define SWEEP     100 /* times its cost: full polls take a hundredth of a processor at most */

void lowwater_reset(struct lowwater *water)
{
	*water = (struct lowwater){ 0 };
}

/* The cheapest of the last few counts: one that was held up by others is no sign. */
static usec_t full_cost(const struct lowwater *water)
{
	usec_t least = water->costs[0];
	for (int i = 1; i < LOWWATER_COSTS; i++) {
		if (water->costs[i] < least)
			least = water->costs[i];
	}
	return least;
}

bool lowwater_full(const struct lowwater *water, usec_t monotonic)
{
	return !water->known || full_cost(water) < DEAR || monotonic >= water->full_at;
}

usec_t lowwater_from(const struct lowwater *water, enum lowwater_kind kind, bool full)
{
	if (full || water->clean[kind] < USEC_MINUS_INFINITY + MARGIN)
		return USEC_MINUS_INFINITY;
	return water->clean[kind] - MARGIN;
}

void lowwater_polled(struct lowwater *water, bool full, usec_t monotonic, usec_t cost)
{
	if (!full)
		return;
	for (int i = LOWWATER_COSTS - 1; i > 0; i--)
		water->costs[i] = water->costs[i - 1];
	water->costs[0] = cost;
	water->known = true;
	usec_t pause = full_cost(water) * SWEEP;
	water->full_at = monotonic + (pause > SWEEP_MIN ? pause : SWEEP_MIN);
}

void lowwater_clean(struct lowwater *water, enum lowwater_kind kind, usec_t instant)
{
	water->clean[kind] = instant;
}
