/* Rows of ctl statements as templates; see ctl/template.h. */
#include "ctl/template.h"

#include "ctl/settings.h"
#include "db/rows.h"
#include "plan/policy_settings.h"
#include "util/timefmt.h"

void template_policy(const struct settings *settings, struct plan_policy *ret_policy)
{
	*ret_policy = policy_of_settings(settings, INT64_MIN);
}

bool outlook_open_row(const struct plan_policy *policy, const PGresult *result, int row, int first,
	struct outlook **ret_outlook, struct err *err)
{
	struct template template;
	template_row_read(result, row, first, &template);
	return outlook_open(&template, policy, ret_outlook, err);
}

int template_world(struct ctl *ctl, struct settings **ret_settings, struct plan_policy *ret_policy,
	usec_t *ret_now)
{
	PGresult *result CLEANUP(ctl_clear) = NULL;
	char text[INSTANT_TEXT_MAX];
	int code = settings_load(ctl, ret_settings);
	if (code == EX_OK)
		code = ctl_query(ctl, QUERY_CTL_SIMULATE_NOW, NULL, &result);
	if (code != EX_OK)
		return code;
	*ret_policy = policy_of_settings(*ret_settings, row_instant(result, 0, 1));
	*ret_now = row_instant(result, 0, 0);
	bool finite = *ret_now != USEC_INFINITY && *ret_now != USEC_MINUS_INFINITY;
	return finite ? EX_OK
		      : ctl_error(EX_CONFIG, "recurd.now() is %s: there is no time to come",
				instant_format(*ret_now, text));
}

void template_read(
	const PGresult *result, struct template *ret_template, struct policies *ret_policies)
{
	template_row_read(result, 0, T_OUTLOOK, ret_template);
	if (policies_row_read(result, 0, T_POLICIES, ret_policies))
		ret_template->policies = ret_policies;
}

bool outlook_open_template(const struct plan_policy *policy, usec_t now, const PGresult *result,
	struct outlook **ret_outlook, struct err *err)
{
	struct template template;
	struct policies policies;
	bool until = !row_is_null(result, 0, T_PAUSED_UNTIL);
	template_read(result, &template, &policies);
	return outlook_open_at(&template, policy, now,
		until ? row_instant(result, 0, T_PAUSED_UNTIL) : TEMPLATE_NONE, ret_outlook, err);
}

/* Whether what comes before is open by then, nobody knows. */
static const char *remark_of(const struct foretold *foretold)
{
	bool before = foretold->any || outlook_is_open(foretold->outlook);
	switch (before ? outlook_overlap(foretold->outlook) : OVERLAP_ALLOW) {
	case OVERLAP_SKIP:
		return "only if the one before is complete by then";
	case OVERLAP_REPLACE:
		return "completes the one before, if that is open";
	default:
		return NULL;
	}
}

static enum recur_status next_of_outlook(void *source, struct series_one *ret_one, struct err *err)
{
	struct foretold *foretold = source;
	struct fate fate;
	enum recur_status status = outlook_next(foretold->outlook, &fate, err);
	if (status == RECUR_FOUND)
		*ret_one = (struct series_one){ .due = fate.due,
			.nominal = fate.nominal,
			.made_at = fate.fire,
			.fit = fate.fit,
			.shifted = fate.due != fate.stands,
			.remark = remark_of(foretold) };
	foretold->any = true;
	return status;
}

struct series series_of_outlook(struct foretold *foretold)
{
	const struct outlook *outlook = foretold->outlook;
	return (struct series){ outlook_rule(outlook), outlook_start(outlook),
		outlook_zone(outlook), next_of_outlook, foretold };
}

const char *template_why_none(const PGresult *result)
{
	if (!row_is_null(result, 0, T_FAILED))
		return "none while it is in quarantine";
	bool active = !row_is_null(result, 0, T_ACTIVE) && row_bool(result, 0, T_ACTIVE);
	return active || !row_is_null(result, 0, T_ENDED) ? "none" : "none while it is paused";
}
