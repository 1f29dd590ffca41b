/* metrics: the figures of this process in the words of Prometheus.
 *
 * Counters are those of job/counters.h, histograms those of job/spans.h, gauges a row each of a table in metrics.c;
 * names, units and labels are in recurd(8).  Nothing of an application's is ever a label.  Figures of the database are
 * not told here (db/figures.h): each worker would count them again.
 */
#pragma once

#include "svc/measures.h"
#include "util/exposition.h"

void metrics_add(
	enum exposition_format format, const struct measures *measures, struct strbuf *out);
