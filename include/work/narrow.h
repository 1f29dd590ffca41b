/* narrow: the size of batches while a row that nobody can write is being looked for.
 *
 * Halves with every failure and doubles with every success, so that among a thousand rows the one is
 * found within some ten attempts.  At one row the culprit is known.
 */
#pragma once

#include <stddef.h>

struct narrow {
	size_t limit; /* 0: no limit but the option's */
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
}
