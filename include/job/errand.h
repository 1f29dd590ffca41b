/* errand: a run that is one flight of statements: housekeeping, and the poll.
 *
 * The kind allocates it (mem_alloc), adds its statements between errand_begin and errand_fly, and looks at
 * the answer in take.
 */
#pragma once

#include "job/job.h"

enum errand_way {
	ERRAND_ASKS, /* a small question: not waited for as long as a batch is */
	ERRAND_WRITES, /* in a transaction that says so */
};

struct errand {
	struct job_site site;
	enum errand_way way;
	job_done_fn *done;
	void *arg;
	/* The answer, before done; may be NULL.  reply->results count from the borrower's first. */
	void (*take)(struct errand *errand, const struct reply *reply, struct job_report *report);
};

/* Its kind: for jobs whose run is nothing more than this. */
struct errand *errand_begin(const struct job_site *site, enum errand_way way,
	void (*take)(struct errand *, const struct reply *, struct job_report *), job_done_fn *done,
	void *arg);
void errand_fly(struct errand *errand);
/* A line for an answer that failed: the server's words for people, the statement in a field of its own. */
void errand_complain(int priority, const char *event, const struct reply *reply);
void errand_destroy(void *errand);
