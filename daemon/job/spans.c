/* Histograms with names; see the header. */
#include "job/spans.h"

#include <string.h>

#define MS (INT64_C(1000))
#define S  (1000 * MS)

static const struct histogram_bounds lateness_bounds = { 18,
	{ MS, 5 * MS / 2, 5 * MS, 10 * MS, 25 * MS, 50 * MS, 100 * MS, 250 * MS, 500 * MS, S,
		5 * S / 2, 5 * S, 10 * S, 30 * S, 60 * S, 300 * S, 900 * S, 3600 * S } };
static const struct histogram_bounds batch_bounds = { 11,
	{ MS, 5 * MS, 10 * MS, 50 * MS, 100 * MS, 250 * MS, 500 * MS, S, 5 * S / 2, 5 * S,
		15 * S } };

const struct span_declared spans_declared[SPANS_N] = {
#define SPAN(id, name, labels, bounds) { name, labels, &(bounds) },
	SPANS(SPAN)
#undef SPAN
};

void spans_add(struct spans *spans, enum span span, usec_t took)
{
	histogram_add(&spans->at[span], spans_declared[span].bounds, took);
}

void spans_add_late(struct spans *spans, enum span span, usec_t due, usec_t done)
{
	if (spans->history && due >= spans->history)
		spans_add(spans, span, done - due);
}

void spans_add_batch(struct spans *spans, const char *job, usec_t took)
{
	static const struct {
		const char *job;
		enum span span;
	} batches[] = {
		{ "generate", SPAN_BATCH_GENERATE },
		{ "policed", SPAN_BATCH_POLICED },
		{ "replan", SPAN_BATCH_REPLAN },
		{ "remind", SPAN_BATCH_REMIND },
		{ "reminders", SPAN_BATCH_REMINDERS },
		{ "repeat", SPAN_BATCH_REPEAT },
	};
	for (size_t i = 0; i < ARRAY_LEN(batches); i++) {
		if (strcmp(batches[i].job, job) == 0)
			spans_add(spans, batches[i].span, took);
	}
}

usec_t spans_late_p99(const struct spans *spans)
{
	struct histogram all = spans->at[SPAN_LATE_TASKS];
	const struct histogram *reminders = &spans->at[SPAN_LATE_REMINDERS];
	for (size_t i = 0; i <= lateness_bounds.n; i++)
		all.counts[i] += reminders->counts[i];
	all.n += reminders->n;
	return histogram_quantile(&all, &lateness_bounds, .99);
}
