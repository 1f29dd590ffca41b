/* Rows of ctl statements as templates; see ctl/template.h. */
#include "ctl/template.h"

#include "plan/template_row.h"

#define CATCH_UP_GRACE (60 * USEC_PER_SEC) /* as workers have it */

void template_policy(const struct settings *settings, struct plan_policy *ret_policy)
{
	*ret_policy = (struct plan_policy){ .live_since = INT64_MIN,
		.catch_up_limit = (size_t)settings->catch_up_limit,
		.catch_up_grace = CATCH_UP_GRACE,
		.min_interval = settings->min_interval,
		.default_time_zone = settings->default_time_zone,
		.calendars = settings->calendars,
		.zone = zone_load };
}

bool outlook_open_row(const struct plan_policy *policy, const PGresult *result, int row, int first,
	struct outlook **ret_outlook, struct err *err)
{
	struct template template;
	template_row_read(result, row, first, &template);
	return outlook_open(&template, policy, ret_outlook, err);
}

static enum recur_status next_of_outlook(
	void *outlook, struct occurrence *ret_occurrence, struct err *err)
{
	struct fate fate;
	enum recur_status status = outlook_next(outlook, &fate, err);
	if (status == RECUR_FOUND)
		*ret_occurrence = (struct occurrence){ .nominal = sec_from_usec(fate.nominal),
			.at = sec_from_usec(fate.due),
			.fit = fate.fit };
	return status;
}

struct series series_of_outlook(struct outlook *outlook)
{
	return (struct series){ outlook_rule(outlook), outlook_start(outlook),
		outlook_zone(outlook), next_of_outlook, outlook };
}
