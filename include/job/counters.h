/* counters: what a worker has done since its start, figures with names.
 *
 * A figure is declared once, here.  From then on it stands in the worker's row (recurd.workers.figures), in
 * recurctl workers, and in the state lines of SIGUSR1, under that name.  They only grow.
 */
#pragma once

#include <stdint.h>

#include "util/strbuf.h"

#define COUNTERS(X)                                                                           \
	X(GENERATED, "generated", "tasks made of occurrences")                                \
	X(REMINDED, "reminded", "reminders told")                                             \
	X(REPEATED, "repeated", "tasks made of tasks that were completed")                    \
	X(SETTLED, "settled", "reminders from before live_since, marked handled")             \
	X(QUARANTINED, "quarantined", "templates whose rule does not work")                   \
	X(WAITING, "waiting", "rows that could not be served, and began to wait")             \
	X(COLLISIONS, "key_collisions", "events not told, because another one has their key") \
	X(BATCHES, "batches", "transactions that wrote")                                      \
	X(CAREFUL, "careful_batches", "of them, written row by row where need be")            \
	X(FAIR, "fair_batches", "of them, in which others went before a flood")               \
	X(BULK_ROWS, "bulk_rows", "rows of transactions that wrote 32 and more")              \
	X(BULK_MS, "bulk_ms", "milliseconds that those took")                                 \
	X(FAILED, "failed_batches", "transactions that were rolled back")                     \
	X(LOST, "lost_batches", "transactions whose session ended")                           \
	X(POLLS, "polls", "questions for what is due")

enum counter {
#define COUNTER(id, name, help) COUNTER_##id,
	COUNTERS(COUNTER)
#undef COUNTER
		COUNTERS_N
};

struct counters {
	int64_t values[COUNTERS_N];
};

const char *counter_name(enum counter counter);
const char *counter_help(enum counter counter);

static inline void counter_add(struct counters *counters, enum counter counter, size_t n)
{
	counters->values[counter] += (int64_t)n;
}

/* {"generated":5,...}, all of them. */
void counters_json(const struct counters *counters, struct strbuf *buf);
