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

usec_t histogram_quantile(
	const struct histogram *histogram, const struct histogram_bounds *bounds, double part)
{
	int64_t count = 0;
	if (histogram->n == 0)
		return -1;
	for (size_t i = 0; i < bounds->n; i++) {
		count += histogram->counts[i];
		if ((double)count >= part * (double)histogram->n)
			return bounds->at[i];
	}
	return INT64_MAX;
}
