/* metrics: the figures of this process in the words of Prometheus.
 *
 * Formats: text 0.0.4, and OpenMetrics 1.0 for who accepts it.  Counters are those of job/counters.h, histograms those of
 * job/spans.h, gauges a row each of a table in metrics.c; names, units and labels are in recurd(8).  Nothing of an
 * application's is ever a label.  Figures of the database are not told here: each worker would count them again.
 */
#pragma once

#include "svc/measures.h"
#include "util/strbuf.h"

enum metrics_format { METRICS_TEXT, METRICS_OPEN };

/* By an Accept header. */
enum metrics_format metrics_format(const char *accept);
const char *metrics_type(enum metrics_format format); /* the Content-Type */
void metrics_add(enum metrics_format format, const struct measures *measures, struct strbuf *out);
