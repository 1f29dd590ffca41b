/* writing: the rows of a batch are written, whole or as far as they can be.
 *
 * A plain writing is one statement; a refusal ends the batch.  A careful one asks sift.h which rows to write
 * next, puts a savepoint before each attempt, and goes on behind those that are refused, for about HUNT_TIME
 * at most: the rest is left for another batch.  What is written is counted against what had to be: a row
 * that the server drops without an error counts as refused.
 *
 *   savepoint, write --ok--> took --> the next stretch ... done
 *                  \--refused--> back to the savepoint, a smaller stretch, or that one row is noted
 */
#pragma once

#include "job/batch.h"
#include "job/sift.h"

/* A trigger, a rule or a policy dropped a row without an error. */
#define WRITING_DROPPED "27000"

struct writing_ops {
	/* Adds the statement that writes the rows [from, from + n). */
	void (*add)(void *job, size_t from, size_t n, bool careful);
	/* Its result, of that number in the reply.  NULL: all of it is written; else what is not. */
	const char *(*took)(
		void *job, const struct reply *reply, int result, size_t from, size_t n);
	/* These are written for good.  (Until then, what took saw may be taken back.) */
	void (*wrote)(void *job, size_t from, size_t n);
	/* That row cannot be written; batch->failure says why. */
	void (*refused)(void *job, size_t row);
	/* No more attempts: the job records, logs and commits. */
	void (*done)(void *job);
};

struct writing {
	struct batch *batch;
	const struct writing_ops *ops;
	void *job;
	bool careful;
	bool refused; /* the last attempt was: back to its savepoint first */
	bool attempted; /* there is a savepoint */
	bool as_server; /* all that was refused looks like the server's trouble */
	size_t from, n; /* the stretch under way */
	size_t left; /* rows that no attempt was made about, because time was over */
	usec_t until; /* monotonic */
	struct sift sift;
};

/* n: at least 1.  first: rows of the first attempt of a careful one; 0: all.  batch stands between its flights; its job is `job`. */
void writing_start(struct writing *writing, struct batch *batch, const struct writing_ops *ops,
	void *job, size_t n, size_t first, bool careful);
