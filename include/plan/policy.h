/* policy: what the configuration says about plans, and what a plan needs of the world.
 *
 * A plan looks at no clock and at no file by itself: both come in here.  Texts and functions must stay
 * as long as the policy is used.
 */
#pragma once

#include <stdbool.h>

#include "plan/policies.h"
#include "recur/zone.h"
#include "util/err.h"

#define PLAN_STEPS 1000 /* occurrences looked at in one plan, beyond catch_up_limit */
#define PLAN_JUMP  200000 /* farther behind than so many */

/* What becomes of that which was due before the first start: of each template, the latest is made, or
 * all, or none. */
enum plan_backlog { PLAN_BACKLOG_LATEST, PLAN_BACKLOG_ALL, PLAN_BACKLOG_NONE };

struct plan_policy {
	usec_t live_since;
	enum plan_backlog adopt_backlog;
	size_t catch_up_limit; /* at least 1 */
	/* Of templates whose own policies leave it open; POLICY_UNSET and 0: all of what is late, however late. */
	enum policy_amount catch_up;
	usec_t catch_up_window;
	usec_t catch_up_grace; /* what is later than that is late */
	usec_t min_interval;
	const char *default_time_zone;
	/* Where zones come from; zone_load. */
	bool (*zone)(const char *name, const struct zone **ret_zone, struct err *err);
	/* Costly rules far behind: stop after so long by this clock (clock_monotonic) where some of what
	 * was found is sure to be dropped; the next plan goes on there.  0: only PLAN_STEPS counts, and
	 * no clock is needed. */
	usec_t patience;
	usec_t (*clock)(void);
};
