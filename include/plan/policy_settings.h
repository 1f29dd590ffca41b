/* policy_settings: what plans go by, from the settings of the database: one place for who makes and who foretells. */
#pragma once

#include "conf/settings.h"
#include "plan/policy.h"

/* Without a clock: patience is 0.  settings must stay.  live_since: INT64_MIN: all that is due was due since. */
struct plan_policy policy_of_settings(const struct settings *settings, usec_t live_since);
