/* What will be made of a template; see the header. */
#include "plan/outlook.h"

#include <stdlib.h>

#include "plan/fates.h"
#include "util/mem.h"
#include "util/timefmt.h"

struct outlook {
	struct planner planner;
	struct plan plan; /* the planner writes the anchor to it */
	struct occurrence first; /* while planner.first_stands */
	uint64_t left; /* occurrences until COUNT; UINT64_MAX: no end */
};

static uint64_t count_left(const struct planner *p)
{
	uint64_t count = rule_count(p->rule), used = (uint64_t)p->template->used_count;
	if (count == 0 || plan_counts_itself(p))
		return UINT64_MAX;
	return count > used ? count - used : 0;
}

static bool place(struct outlook *outlook, struct err *err)
{
	struct planner *p = &outlook->planner;
	sec_t due = sec_from_usec(p->due);
	struct occurrence found;
	bool in_set = false;
	outlook->left = count_left(p);
	outlook->first = (struct occurrence){ .nominal = due, .at = due };
	if (p->first_stands && !plan_find_at(p, due, &in_set, &found, err))
		return false;
	if (in_set && !found.excluded)
		outlook->first = found;
	if (p->first_stands && !recurrence_within_until(p->recurrence, due))
		outlook->left = 0;
	recurrence_seek(p->recurrence, p->after);
	return true;
}

bool outlook_open(const struct template *template, const struct plan_policy *policy,
	struct outlook **ret_outlook, struct err *err)
{
	struct outlook *outlook = mem_alloc(sizeof(*outlook));
	outlook->planner = (struct planner){
		.template = template, .policy = policy, .plan = &outlook->plan
	};
	if (!plan_start(&outlook->planner, err) || !place(outlook, err)) {
		outlook_close(outlook);
		return false;
	}
	outlook->planner.template = NULL;
	*ret_outlook = outlook;
	return true;
}

void outlook_close(struct outlook *outlook)
{
	if (!outlook)
		return;
	recurrence_close(outlook->planner.recurrence);
	rule_free(outlook->planner.rule);
	free(outlook);
}

void outlook_cleanup(struct outlook **outlook)
{
	outlook_close(*outlook);
	*outlook = NULL;
}

const struct rule *outlook_rule(const struct outlook *outlook)
{
	return outlook->planner.rule;
}

sec_t outlook_start(const struct outlook *outlook)
{
	return outlook->plan.starts_local;
}

const struct zone *outlook_zone(const struct outlook *outlook)
{
	return outlook->planner.zone;
}

enum recur_status outlook_next(
	struct outlook *outlook, struct occurrence *ret_occurrence, struct err *err)
{
	struct planner *p = &outlook->planner;
	while (outlook->left > 0) {
		/* An excluded occurrence is used up like any other. */
		outlook->left -= outlook->left != UINT64_MAX;
		if (p->first_stands) {
			p->first_stands = false;
			*ret_occurrence = outlook->first;
			return RECUR_FOUND;
		}
		p->slices = 0;
		enum recur_status status = plan_next_occurrence(p, ret_occurrence, err);
		if (status != RECUR_FOUND || !ret_occurrence->excluded)
			return status;
	}
	return RECUR_END;
}
