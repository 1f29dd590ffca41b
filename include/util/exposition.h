/* exposition: figures in the words of Prometheus.
 *
 * Two formats: text 0.0.4, and OpenMetrics 1.0 for who accepts it.  The head of a metric comes before its samples, which
 * stand together; exposition_end comes last.  Names, help and labels are ours alone: nothing is escaped.
 */
#pragma once

#include "util/histogram.h"
#include "util/strbuf.h"

enum exposition_format { EXPOSITION_TEXT, EXPOSITION_OPEN };

struct exposition {
	enum exposition_format format;
	struct strbuf *out;
};

/* By an Accept header; NULL: there is none. */
enum exposition_format exposition_format(const char *accept);
const char *exposition_type(enum exposition_format format); /* the Content-Type */

/* type: counter (name ends in _total), gauge or histogram. */
void exposition_head(
	const struct exposition *page, const char *name, const char *type, const char *help);
/* labels: a="b",c="d"; "": none. */
void exposition_int(
	const struct exposition *page, const char *name, const char *labels, int64_t value);
void exposition_number(
	const struct exposition *page, const char *name, const char *labels, double value);
void exposition_histogram(const struct exposition *page, const char *name, const char *labels,
	const struct histogram_bounds *bounds, const struct histogram *histogram);
/* process_*: CPU time, memory and file descriptors of this process. */
void exposition_process(const struct exposition *page);
void exposition_end(const struct exposition *page);
