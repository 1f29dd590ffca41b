/* histogram: how often a span of time was how long, in buckets with upper bounds, as Prometheus has them.
 *
 * Bounds are microseconds, ascending; a span belongs to the first that it does not pass, and to none where it
 * passes all.  A negative span counts as 0: clocks differ by a little.
 */
#pragma once

#include <stddef.h>

#include "util/macros.h"

#define HISTOGRAM_BOUNDS_MAX 20

struct histogram {
	int64_t counts[HISTOGRAM_BOUNDS_MAX + 1]; /* the last one: beyond all bounds */
	int64_t n;
	usec_t sum;
};

struct histogram_bounds {
	size_t n; /* at most HISTOGRAM_BOUNDS_MAX */
	usec_t at[HISTOGRAM_BOUNDS_MAX];
};

/* The least bound that so large a part of them (0 to 1) does not pass; INT64_MAX: beyond all bounds, -1: there is none. */
usec_t histogram_quantile(
	const struct histogram *histogram, const struct histogram_bounds *bounds, double part);
void histogram_add(struct histogram *histogram, const struct histogram_bounds *bounds, usec_t span);
