/* backoff: how long to wait before the next attempt.
 *
 * Doubles from `first` to `limit` with full jitter above one half (delay in [d/2, d]), so that a
 * hundred workers do not return at once.  Pure but for its random source, which is seeded once.
 */
#pragma once

#include "util/macros.h"

struct backoff {
	double first, limit; /* seconds */
	double next; /* seconds; 0 before the first failure */
};

void backoff_init(struct backoff *backoff, double first, double limit);
double backoff_fail(struct backoff *backoff); /* seconds to wait now */
void backoff_reset(struct backoff *backoff);
