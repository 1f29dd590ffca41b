/* Rows of ctl statements as templates; see ctl/template.h. */
#include "ctl/template.h"
#include "db/rows.h"
#include "util/timefmt.h"

void template_policy(const struct conf *conf, struct plan_policy *ret_policy)
{
	*ret_policy = (struct plan_policy){ .live_since = INT64_MIN,
		.catch_up_limit = (size_t)conf->catch_up_limit,
		.min_interval = conf->min_interval,
		.default_time_zone = conf->default_time_zone };
}

void template_from_row(const PGresult *result, int row, int first, struct template *ret_template)
{
	bool anchored = !row_is_null(result, row, first + TEMPLATE_STARTS_LOCAL);
	*ret_template = (struct template){
		.id = row_text(result, row, first + TEMPLATE_ID),
		.user_id = row_text(result, row, first + TEMPLATE_USER),
		.rule = row_text(result, row, first + TEMPLATE_RULE),
		.rule_len = row_text_len(result, row, first + TEMPLATE_RULE),
		.next_due_at = row_instant(result, row, first + TEMPLATE_NEXT_DUE),
		.planned_due_at = row_instant(result, row, first + TEMPLATE_PLANNED),
		.made_through = row_instant(result, row, first + TEMPLATE_MADE_THROUGH),
		.replan_at = row_instant(result, row, first + TEMPLATE_REPLAN),
		.ended_at = row_instant(result, row, first + TEMPLATE_ENDED),
		.used_count = row_int8(result, row, first + TEMPLATE_USED),
		.user_zone = row_text(result, row, first + TEMPLATE_USER_ZONE),
		.paused_at = TEMPLATE_NONE,
		.resumed_at = TEMPLATE_NONE,
		.created_at = TEMPLATE_NONE,
		.is_active = true,
		.starts_zone = anchored ? "" : NULL,
	};
	if (anchored)
		ret_template->starts_local = row_wall_us(
						     result, row, first + TEMPLATE_STARTS_LOCAL) /
					     USEC_PER_SEC;
}

bool outlook_open_row(const struct plan_policy *policy, const PGresult *result, int row, int first,
	struct outlook **ret_outlook, struct err *err)
{
	struct template template;
	template_from_row(result, row, first, &template);
	return outlook_open(&template, policy, ret_outlook, err);
}

static enum recur_status next_of_outlook(
	void *outlook, struct occurrence *ret_occurrence, struct err *err)
{
	return outlook_next(outlook, ret_occurrence, err);
}

struct series series_of_outlook(struct outlook *outlook)
{
	return (struct series){ outlook_rule(outlook), outlook_start(outlook),
		outlook_zone(outlook), next_of_outlook, outlook };
}
