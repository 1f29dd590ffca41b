/* pace: how many rows fit into a moment, by what the last batches took.  Pure.
 *
 * A batch keeps its connection for as long as it takes, some 90 us a row.  Large ones cost least; but while
 * somebody may come who must not wait (a reminder that is about to come due, others behind a flood) a batch of
 * thousand would be too long, and on a slow server much too long.
 */
#pragma once

#include <stddef.h>

#include "util/timefmt.h"

#define PACE_BRIEF (40 * USEC_PER_MSEC) /* what a batch may take then */

struct pace {
	usec_t row_ns; /* nanoseconds a row; 0: not known yet */
};

#define PACE_ROWS 32 /* what fewer take is the transaction's own cost */

/* A batch of so many rows took so long. */
void pace_note(struct pace *pace, size_t rows, usec_t took);
/* Rows of a brief batch, where a full one has `full`, and `least` are worth what a batch costs by itself. */
size_t pace_brief(const struct pace *pace, size_t full, size_t least);
