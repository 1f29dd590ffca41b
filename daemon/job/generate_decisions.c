/* Decisions of plans; see the header. */
#include "job/generate_decisions.h"

#include <string.h>

#include "plan/shift.h"
#include "util/mem.h"
#include "util/timefmt.h"

/* No more than two for each fate, and for the turns that a template takes. */
static size_t decisions_max(const struct plan *plan)
{
	return 2 * plan->n + 5;
}

/* Those of a kind between two that are made, or moved, are one row: kinds that alternate, as excluded ones among
 * those that are late, are no flood. */
static void add_skipped(const char *id, const struct fate *fate, struct decision **run,
	struct decision *decisions, size_t *n)
{
	if (!*run) {
		*run = &decisions[(*n)++];
		**run = (struct decision){ id, fate_kind_name(fate->kind),
			fate_kind_detail(fate->kind), fate->nominal, fate->through, 0 };
	}
	(*run)->occurrences += fate->number;
	if (fate->nominal < (*run)->first_at)
		(*run)->first_at = fate->nominal;
	(*run)->last_at = fate->through;
	if (fate->estimated)
		(*run)->detail = "their number is estimated";
}

/* shift: the words of a shift. */
static size_t fates_decided(
	const char *id, const char *shift, const struct plan *plan, struct decision *decisions)
{
	struct decision *runs[FATE_KINDS] = { NULL };
	size_t n = 0;
	for (size_t i = 0; i < plan->n; i++) {
		const struct fate *fate = &plan->fates[i];
		if (fate->kind != FATE_MADE) {
			add_skipped(id, fate, &runs[fate->kind], decisions, &n);
			continue;
		}
		memset(runs, 0, sizeof(runs));
		if (sec_from_usec(fate->stands) != sec_from_usec(fate->nominal))
			decisions[n++] = (struct decision){ id, "moved", NULL, fate->nominal,
				fate->stands, 1 };
		if (sec_from_usec(fate->due) != sec_from_usec(fate->stands))
			decisions[n++] = (struct decision){ id, "shifted", shift, fate->nominal,
				fate->due, 1 };
	}
	return n;
}

/* At most decisions_max. */
static size_t decisions_of(const struct planned *planned, struct decision *decisions)
{
	const struct plan *plan = &planned->plan;
	const char *id = planned->template.id;
	size_t n = fates_decided(
		id, policy_shift_words(planned->template.policies), plan, decisions);
	if (plan->superseded)
		decisions[n++] = (struct decision){ id, "superseded", plan->superseded,
			TEMPLATE_NONE, TEMPLATE_NONE, 0 };
	if (plan->outcome == PLAN_FAILED)
		decisions[n++] = (struct decision){ id, "quarantined", plan->failure.text,
			TEMPLATE_NONE, TEMPLATE_NONE, 0 };
	if (plan->rezoned_from != TEMPLATE_NONE)
		decisions[n++] = (struct decision){ id, "rezoned", plan->rezoned_why,
			plan->rezoned_from, plan->rezoned_to, 0 };
	if (plan->turn == PLAN_ENDS)
		decisions[n++] = (struct decision){ id, "ended", NULL, plan->next_due_at,
			plan->next_due_at, plan->used_count };
	if (plan->turn == PLAN_REVIVES)
		decisions[n++] = (struct decision){ id, "extended", NULL, plan->next_due_at,
			TEMPLATE_NONE, 0 };
	return n;
}

size_t generate_decide(const struct planned *planned, size_t n, struct decision **ret_decisions)
{
	size_t size = 0, decided = 0;
	for (size_t i = 0; i < n; i++)
		size += decisions_max(&planned[i].plan);
	*ret_decisions = mem_alloc_array(size, sizeof(**ret_decisions));
	for (size_t i = 0; i < n; i++)
		decided += decisions_of(&planned[i], *ret_decisions + decided);
	return decided;
}
