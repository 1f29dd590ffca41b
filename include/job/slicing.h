/* slicing: work on the rows of a claim, a few milliseconds at a stretch, then the loop has its turn.
 *
 * Inside a batch: when the session is lost meanwhile, the batch is given up.  finished is called once, when
 * step has returned false or the limit of time is over; not where the batch was lost.
 */
#pragma once

#include <ev.h>

#include "job/batch.h"

struct slicing {
	struct ev_loop *loop;
	struct batch *batch;
	bool (*step)(void *job); /* one row; false: there is none left */
	void (*finished)(void *job);
	void *job;
	struct ev_timer timer; /* zero timer between slices */
	usec_t began; /* monotonic */
};

/* May call finished before it returns. */
void slicing_start(struct slicing *slicing);
void slicing_stop(struct slicing *slicing); /* also where it was never started */
