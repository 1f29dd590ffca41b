/* narrow: the size of batches while a row that nobody can write is being looked for.
 *
 * Halves with every failure and doubles with every success, so that among a thousand rows the one is
 * found within some ten attempts.  At one row the culprit is known.
 *
 * A row may also end the session each time, by a crash of the server's process say, which is a crash of
 * all of them; or a trigger fails over it in a way that looks like the server's own trouble.  One such batch
 * is no sign of that; from the second in a row on they shrink.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "util/macros.h"

#define NARROW_LOSSES       2
#define NARROW_LOCK_TIMEOUT (30 * USEC_PER_MSEC) /* while looking for the row that is held */

struct narrow {
	size_t limit; /* 0: no limit but the option's */
	int losses; /* batches in a row that were lost, or failed by no fault of a row to be seen */
};

static inline size_t narrow_limit(const struct narrow *narrow, size_t full)
{
	return narrow->limit > 0 && narrow->limit < full ? narrow->limit : full;
}

/* rows: how many the failed batch had. */
static inline void narrow_failed(struct narrow *narrow, size_t rows)
{
	narrow->limit = rows / 2 > 0 ? rows / 2 : 1;
}

static inline void narrow_worked(struct narrow *narrow, size_t full)
{
	narrow->limit = narrow->limit * 2 >= full ? 0 : narrow->limit * 2;
	narrow->losses = narrow->limit ? NARROW_LOSSES - 1 : 0; /* one more will do */
}

/* true: the only row of that batch is the suspect. */
static inline bool narrow_lost(struct narrow *narrow, size_t rows)
{
	if (rows == 0 || ++narrow->losses < NARROW_LOSSES)
		return false;
	if (rows > 1)
		narrow_failed(narrow, rows);
	return rows == 1;
}
