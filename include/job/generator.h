/* generator: due occurrences become tasks.
 *
 * One batch claims due templates (or templates whose rule was edited), plans each (plan.h), and writes
 * instances, notifications, new states and decisions in one statement, all in one transaction of at
 * most `limit` occurrences.  Planning yields to the loop every few milliseconds.
 *
 * When a batch meets a lock that an application holds (its user's row, say), or a row whose data the
 * server refuses, or the session ends over it (from the second time on), the next batches are smaller
 * until the one row is found: a refused row's template is quarantined, else its user waits alone and is
 * tried again by itself.  So one of a thousand does not hold up the rest.
 */
#pragma once

#include "job/batch.h"
#include "job/parking.h"
#include "job/tell.h"
#include "plan/plan.h"

struct generator;

enum generator_source { GENERATOR_DUE, GENERATOR_EDITED };

struct generator_options {
	struct plan_policy policy; /* its texts must outlive the batch */
	size_t limit; /* occurrences in a batch */
	bool notify_task_created;
	usec_t from; /* of what is due: nothing older is wanted */
	usec_t oldest; /* nothing older was seen: for whom waits alone */
};

struct generator_report {
	enum batch_outcome outcome;
	const struct batch_failure *failure; /* of a bad outcome that the generator does not mend */
	size_t claimed, made, quarantined;
	bool again; /* there is more to do at once */
	bool full; /* the claim was as large as it may be: there is plenty */
};

typedef void generator_done_fn(void *arg, const struct generator_report *report);

/* rate and parking are shared by the generators of a process, and outlive them. */
struct generator *generator_create(
	struct ev_loop *loop, struct tell_rate *rate, struct parking *parking);
void generator_destroy(struct generator *generator); /* no callback comes any more */

/* One batch on a ready connection; done comes later, exactly once, as its last act. */
void generator_run(struct generator *generator, struct conn *conn,
	const struct batch_settings *settings, const struct generator_options *options,
	enum generator_source source, generator_done_fn *done, void *arg);
