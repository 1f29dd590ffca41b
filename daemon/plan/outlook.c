/* What will be made of a template; see the header. */
#include "plan/outlook.h"

#include <stdlib.h>

#include "plan/fates.h"
#include "plan/simulate.h"
#include "util/mem.h"

struct outlook {
	struct template template;
	struct simulate
		world; /* what the plans of now have left of it, where somebody has asked for them */
	struct policies policies;
	bool open; /* its newest task, when the outlook was opened */
	struct fates fates;
	struct fate first; /* found already, while `held` */
	enum recur_status status;
	bool held;
	usec_t now; /* INT64_MIN: nobody has asked for what is made */
	struct fate *made; /* now, oldest first */
	size_t made_n, made_size, given;
	struct err failure; /* of a plan */
};

/* One after the other; a rule of Saturdays may have nothing else for ever. */
#define SKIPPED_MAX 20000

/* What is excluded, or left out on days off, is nothing that anybody waits for. */
static enum recur_status find_next(struct outlook *outlook, struct fate *ret_fate, struct err *err)
{
	enum recur_status status;
	int skipped = 0;
	do {
		fates_renew(&outlook->fates);
		status = fates_next(&outlook->fates, ret_fate, err);
		skipped += status == RECUR_FOUND && ret_fate->kind == FATE_SKIPPED;
	} while (status == RECUR_FOUND && skipped < SKIPPED_MAX &&
		 (ret_fate->kind == FATE_EXCLUDED || ret_fate->kind == FATE_SKIPPED));
	if (status != RECUR_AGAIN && skipped < SKIPPED_MAX)
		return status;
	(void)start_give_up(err);
	return RECUR_FAILED;
}

/* ---- what is made now ---- */

static void keep(struct outlook *outlook, const struct fate *fate, usec_t now)
{
	if (outlook->made_n == outlook->made_size) {
		outlook->made_size = outlook->made_size ? outlook->made_size * 2 : 4;
		outlook->made = mem_realloc_array(
			outlook->made, outlook->made_size, sizeof(*outlook->made));
	}
	struct fate *kept = &outlook->made[outlook->made_n++];
	*kept = *fate;
	kept->fire = now;
	kept->change = (struct fate_change){ NULL, NULL, NULL }; /* the texts are the plan's */
}

static void take_look(void *context, const struct simulate_look *look)
{
	struct outlook *outlook = context;
	const struct plan *plan = look->plan;
	if (plan && plan->outcome != PLAN_ADVANCED)
		outlook->failure = plan->failure;
	for (size_t i = 0; plan && i < plan->n; i++)
		if (plan->fates[i].kind == FATE_MADE)
			keep(outlook, &plan->fates[i], look->now);
}

/* By a worker that is there at that instant, or when the pause is over. */
static bool plan_now(struct outlook *outlook, const struct plan_policy *policy, usec_t now,
	usec_t paused_until, struct err *err)
{
	bool paused = !outlook->template.is_active && paused_until != TEMPLATE_NONE;
	usec_t then = paused && paused_until > now ? paused_until : now;
	const struct simulate_span span = {
		.from = then, .to = then, .stepwise = true, .open_for = USEC_PER_SEC
	};
	simulate_begin(&outlook->template, false, paused_until, &outlook->world);
	simulate_run(&outlook->world, &span, policy, take_look, outlook);
	outlook->template = outlook->world.row;
	outlook->now = then;
	if (*outlook->failure.text)
		*err = outlook->failure;
	return !*outlook->failure.text;
}

/* ---- the outlook ---- */

/* A rule that fails at once is to be found out at once. */
static bool open_it(struct outlook *outlook, const struct plan_policy *policy, struct err *err)
{
	if (!fates_open(&outlook->template, policy, true, &outlook->fates, err))
		return false;
	outlook->held = true;
	outlook->status = RECUR_END;
	bool over = outlook->now != INT64_MIN &&
		    simulate_wakes_at(&outlook->world) == TEMPLATE_NONE;
	if (!over)
		outlook->status = find_next(outlook, &outlook->first, err);
	return outlook->status != RECUR_FAILED;
}

/* Its policies may go on from plan to plan. */
static struct outlook *create(const struct template *template)
{
	struct outlook *outlook = mem_alloc(sizeof(*outlook));
	outlook->template = *template;
	outlook->now = INT64_MIN;
	if (template->policies) {
		outlook->policies = *template->policies;
		outlook->open = outlook->policies.open_task != NULL;
		outlook->template.policies = &outlook->policies;
	}
	return outlook;
}

static bool open_or_close(struct outlook *outlook, const struct plan_policy *policy,
	struct outlook **ret_outlook, struct err *err)
{
	if (!open_it(outlook, policy, err)) {
		outlook_close(outlook);
		return false;
	}
	*ret_outlook = outlook;
	return true;
}

bool outlook_open(const struct template *template, const struct plan_policy *policy,
	struct outlook **ret_outlook, struct err *err)
{
	return open_or_close(create(template), policy, ret_outlook, err);
}

bool outlook_open_at(const struct template *template, const struct plan_policy *policy, usec_t now,
	usec_t paused_until, struct outlook **ret_outlook, struct err *err)
{
	struct outlook *outlook = create(template);
	if (plan_now(outlook, policy, now, paused_until, err))
		return open_or_close(outlook, policy, ret_outlook, err);
	free(outlook->made);
	free(outlook);
	return false;
}

void outlook_close(struct outlook *outlook)
{
	if (!outlook)
		return;
	fates_close(&outlook->fates);
	free(outlook->made);
	free(outlook);
}

void outlook_cleanup(struct outlook **outlook)
{
	outlook_close(*outlook);
	*outlook = NULL;
}

const struct rule *outlook_rule(const struct outlook *outlook)
{
	return outlook->fates.start.rule;
}

sec_t outlook_start(const struct outlook *outlook)
{
	return outlook->fates.start.anchor;
}

const struct zone *outlook_zone(const struct outlook *outlook)
{
	return outlook->fates.start.zone;
}

enum policy_overlap outlook_overlap(const struct outlook *outlook)
{
	return outlook->template.policies ? outlook->template.policies->overlap : OVERLAP_ALLOW;
}

bool outlook_is_open(const struct outlook *outlook)
{
	return outlook->open;
}

static enum recur_status next_to_come(
	struct outlook *outlook, struct fate *ret_fate, struct err *err)
{
	if (!outlook->held)
		return find_next(outlook, ret_fate, err);
	outlook->held = false;
	if (outlook->status == RECUR_FOUND)
		*ret_fate = outlook->first;
	return outlook->status;
}

enum recur_status outlook_next(struct outlook *outlook, struct fate *ret_fate, struct err *err)
{
	if (outlook->given < outlook->made_n) {
		*ret_fate = outlook->made[outlook->given++];
		return RECUR_FOUND;
	}
	enum recur_status status = next_to_come(outlook, ret_fate, err);
	if (status == RECUR_FOUND && ret_fate->fire < outlook->now)
		ret_fate->fire = outlook->now;
	return status;
}
