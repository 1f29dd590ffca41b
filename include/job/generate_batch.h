/* generate_batch: the rows of one generator batch, collected and turned into parameters.
 *
 * Collects plans; texts of templates belong to the claim's result, which must outlive it.
 */
#pragma once

#include "db/params.h"
#include "db/rows.h"
#include "job/tell.h"
#include "plan/identity.h"
#include "plan/plan.h"

struct planned {
	struct template template;
	struct row_place place; /* where the row stands as long as it is locked */
	struct plan plan;
};

struct made {
	size_t planned; /* index of its template */
	const struct fate *fate;
	char id[INSTANCE_ID_SIZE];
};

struct generate_batch {
	struct planned *planned;
	size_t n, size;
	struct made *made;
	size_t made_n, made_size;
	bool changes; /* some instance has one */
	size_t quarantined;
};

void generate_batch_add(struct generate_batch *rows, const struct template *template,
	struct row_place place, struct plan *plan); /* takes the plan's memory */
void generate_batch_clear(struct generate_batch *rows);
/* Parameters of generate_write.sql. */
void generate_batch_params(const struct generate_batch *rows, usec_t now, bool notify_task_created,
	struct params *params);

/* Parameters of generate_missing.sql. */
void generate_batch_instances(const struct generate_batch *rows, struct params *params);

/* The lines of what was written (made_ids: the result of generate_write.sql), and the hint for
 * NOTIFY.  Returns how many instances went without a line. */
size_t generate_batch_log(const struct generate_batch *rows, const PGresult *made_ids, usec_t clock,
	struct tell_rate *rate, bool notify_task_created, struct tell_hint *hint);
