/* counters: what a worker has done since its start, figures with names.
 *
 * A figure is declared once, here.  From then on it stands in the worker's row (recurd.workers.figures), in
 * recurctl workers, and in the state lines of SIGUSR1, under that name, and in /metrics under that metric with
 * those labels; figures of one metric stand side by side.  They only grow.
 */
#pragma once

#include <stdint.h>

#include "util/strbuf.h"

#define COUNTERS(X)                                                                            \
	X(GENERATED, "generated", "recurd_made_total", "of=\"occurrence\"",                    \
		"tasks made of occurrences")                                                   \
	X(REPEATED, "repeated", "recurd_made_total", "of=\"completion\"",                      \
		"tasks made of tasks that were completed")                                     \
	X(REMINDED, "reminded", "recurd_reminders_total", "result=\"told\"", "reminders told") \
	X(SETTLED, "settled", "recurd_reminders_total", "result=\"settled\"",                  \
		"reminders from before live_since, marked handled")                            \
	X(QUARANTINED, "quarantined", "recurd_quarantined_total", "",                          \
		"templates and tasks whose rule does not work")                                \
	X(WAITING, "waiting", "recurd_waiting_total", "",                                      \
		"rows that could not be served, and began to wait")                            \
	X(COLLISIONS, "key_collisions", "recurd_key_collisions_total", "",                     \
		"events not told, because another one has their key")                          \
	X(BATCHES, "batches", "recurd_batches_total", "outcome=\"committed\"",                 \
		"transactions that wrote")                                                     \
	X(FAILED, "failed_batches", "recurd_batches_total", "outcome=\"failed\"",              \
		"transactions that were rolled back")                                          \
	X(LOST, "lost_batches", "recurd_batches_total", "outcome=\"lost\"",                    \
		"transactions whose session ended")                                            \
	X(CAREFUL, "careful_batches", "recurd_careful_batches_total", "",                      \
		"transactions that wrote row by row where need be")                            \
	X(FAIR, "fair_batches", "recurd_fair_batches_total", "",                               \
		"transactions in which others went before a flood")                            \
	X(BULK_ROWS, "bulk_rows", "recurd_bulk_rows_total", "",                                \
		"rows of transactions that wrote 32 and more")                                 \
	X(BULK_MS, "bulk_ms", NULL, "", /* recurd_batch_duration_seconds has it in seconds */  \
		"milliseconds that those took")                                                \
	X(POLLS, "polls", "recurd_polls_total", "", "questions for what is due")

enum counter {
#define COUNTER(id, name, metric, labels, help) COUNTER_##id,
	COUNTERS(COUNTER)
#undef COUNTER
		COUNTERS_N
};

struct counters {
	int64_t values[COUNTERS_N];
};

const char *counter_name(enum counter counter);
const char *counter_help(enum counter counter);
const char *counter_metric(enum counter counter); /* NULL: none */
const char *counter_labels(enum counter counter); /* a="b"; "": none */

static inline void counter_add(struct counters *counters, enum counter counter, size_t n)
{
	counters->values[counter] += (int64_t)n;
}

/* {"generated":5,...}, all of them. */
void counters_json(const struct counters *counters, struct strbuf *buf);
