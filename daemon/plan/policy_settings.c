/* Settings as a policy; see the header. */
#include "plan/policy_settings.h"

#include "recur/zone.h"

struct plan_policy policy_of_settings(const struct settings *settings, usec_t live_since)
{
	static const enum plan_backlog backlogs[] = { [ADOPT_LATEST] = PLAN_BACKLOG_LATEST,
		[ADOPT_ALL] = PLAN_BACKLOG_ALL,
		[ADOPT_NONE] = PLAN_BACKLOG_NONE };
	static const enum policy_amount amounts[] = { [CATCH_UP_ALL] = POLICY_ALL,
		[CATCH_UP_LATEST] = POLICY_LATEST,
		[CATCH_UP_NONE] = POLICY_NONE };
	return (struct plan_policy){ .live_since = live_since,
		.adopt_backlog = backlogs[settings->adopt_backlog],
		.catch_up_limit = (size_t)settings->catch_up_limit,
		.catch_up = amounts[settings->default_catch_up],
		.catch_up_window = settings->default_catch_up_window,
		.catch_up_grace = settings->catch_up_grace,
		.min_interval = settings->min_interval,
		.default_time_zone = settings->default_time_zone,
		.calendars = settings->calendars,
		.zone = zone_load };
}
