/* sift: which of the rows of a batch cannot be written.  Pure: a sequence of questions and answers.
 *
 * Asked with sift_next, it names a stretch of rows to be written together; the caller writes them behind a
 * savepoint and answers with sift_wrote or sift_failed.  Stretches shrink to an eighth with every failure
 * and double with every success, so that one bad row among a thousand is found within some ten attempts,
 * a thousand bad ones cost one attempt each, and all the others are written in between.  Every row is
 * in the end written, found bad by itself, or left for another batch (sift_stop): nothing is guessed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct sift {
	size_t n; /* rows in all */
	size_t at; /* those before it are written or bad */
	size_t size; /* of the stretch under way or next */
	size_t bad; /* found so far */
	size_t wrote; /* rows that were written */
};

/* first: rows of the first stretch; 0: all of them. */
void sift_init(struct sift *sift, size_t n, size_t first);
/* After a stretch of so many rows was refused. */
size_t sift_smaller(size_t rows);
/* The next stretch; false: there is none. */
bool sift_next(struct sift *sift, size_t *ret_from, size_t *ret_n);
void sift_wrote(struct sift *sift);
/* true: it was a single row, so that is the bad one, and the next stretch begins behind it. */
bool sift_failed(struct sift *sift);
/* Out of time: what has not been asked about is left out. */
void sift_stop(struct sift *sift);
