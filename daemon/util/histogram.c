/* Spans in buckets; see the header. */
#include "util/histogram.h"

void histogram_add(struct histogram *histogram, const struct histogram_bounds *bounds, usec_t span)
{
	size_t bucket = 0;
	if (span < 0)
		span = 0;
	while (bucket < bounds->n && span > bounds->at[bucket])
		bucket++;
	histogram->counts[bucket]++;
	histogram->n++;
	histogram->sum += span;
}
