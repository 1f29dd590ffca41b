/* spans: how long things took in this process since its start, a histogram for each.
 *
 * What is declared here stands in /metrics (svc/metrics.h) under its name.  Lateness runs from the instant at which
 * something was due to the clock of the batch that made or told it, just before its COMMIT.  What was due before this
 * process first saw the database is history, and not counted: how late it is says when the process was started.
 */
#pragma once

#include "util/histogram.h"

#define SPANS(X)                                                                                \
	X(LATE_TASKS, "recurd_lateness_seconds", "kind=\"task\"", lateness_bounds)              \
	X(LATE_REMINDERS, "recurd_lateness_seconds", "kind=\"reminder\"", lateness_bounds)      \
	X(LATE_SUCCESSORS, "recurd_lateness_seconds", "kind=\"successor\"", lateness_bounds)    \
	X(BATCH_GENERATE, "recurd_batch_duration_seconds", "kind=\"generate\"", batch_bounds)   \
	X(BATCH_POLICED, "recurd_batch_duration_seconds", "kind=\"policed\"", batch_bounds)     \
	X(BATCH_REPLAN, "recurd_batch_duration_seconds", "kind=\"replan\"", batch_bounds)       \
	X(BATCH_REMIND, "recurd_batch_duration_seconds", "kind=\"remind\"", batch_bounds)       \
	X(BATCH_REMINDERS, "recurd_batch_duration_seconds", "kind=\"reminders\"", batch_bounds) \
	X(BATCH_REPEAT, "recurd_batch_duration_seconds", "kind=\"repeat\"", batch_bounds)

enum span {
#define SPAN(id, name, labels, bounds) SPAN_##id,
	SPANS(SPAN)
#undef SPAN
		SPANS_N
};

struct spans {
	usec_t history; /* what was due before this instant is not counted; 0: not known yet */
	struct histogram at[SPANS_N];
};

struct span_declared {
	const char *metric, *labels;
	const struct histogram_bounds *bounds;
};

extern const struct span_declared spans_declared[SPANS_N];

void spans_add(struct spans *spans, enum span span, usec_t took);
/* Something that was due at that instant was done at that other. */
void spans_add_late(struct spans *spans, enum span span, usec_t due, usec_t done);
/* How late 99 of 100 tasks and reminders were at most, as far as buckets tell; as histogram_quantile. */
usec_t spans_late_p99(const struct spans *spans);
/* Of the job of that name; others have none. */
void spans_add_batch(struct spans *spans, const char *job, usec_t took);
