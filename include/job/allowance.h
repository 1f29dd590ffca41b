/* allowance: how many instances the users of a batch may still have today (setting max_instances_per_user_day).
 *
 * What was made is counted in recurd.made_today by the write of each batch.  Workers that plan at the same time know
 * nothing of each other's, so that a user may get as much as a batch of each of them beyond it.
 */
#pragma once

#include <libpq-fe.h>

#include "util/macros.h"

struct allowance_user {
	const char *id;
	int64_t made; /* today, this batch included */
	int64_t limited_before; /* today, of batches before */
	int64_t limited; /* by this one */
};

struct allowance {
	int64_t limit; /* 0: none, and no users */
	struct allowance_user *users; /* sorted */
	size_t n;
};

/* ids: sorted, with repetitions; they must stay. */
void allowance_init(struct allowance *allowance, int64_t limit, const char *const *ids, size_t n);
void allowance_take(struct allowance *allowance, const PGresult *made); /* of generate_made.sql */
/* user: one of them. */
size_t allowance_left(const struct allowance *allowance, const char *user);
void allowance_use(struct allowance *allowance, const char *user, size_t made, int64_t limited);
/* event=limited, of each user of whom something is left out for the first time that day. */
void allowance_log(const struct allowance *allowance);
void allowance_clear(struct allowance *allowance);
