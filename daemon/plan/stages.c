/* The stages; see the header. */
#include "plan/stages.h"

#include "util/timefmt.h"

/* ---- of each occurrence by itself ---- */

/* Used up all the same, against COUNT. */
static void apply_excluded(const struct stage_view *view, struct fate *fates, size_t n)
{
	(void)view;
	for (size_t i = 0; i < n; i++)
		if (fates[i].kind == FATE_MADE && fates[i].excluded)
			fates[i].kind = FATE_EXCLUDED;
}

/* Both ends belong to a pause; one whose beginning nobody saw goes back for ever.  What a move makes late stands
 * at an instant that was over when its clock leapt past it: what there was at that instant, a pause or none, was
 * of other local times.  Better one that was not wanted than one that is lost. */
static bool within_pause(const struct stage_view *view, usec_t due)
{
	const struct template *t = view->template;
	bool late = due <= view->made;
	if (late || t->resumed_at == TEMPLATE_NONE || due > t->resumed_at)
		return false;
	return t->paused_at == TEMPLATE_NONE || due >= t->paused_at;
}

static void apply_paused(const struct stage_view *view, struct fate *fates, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fates[i].kind == FATE_MADE && within_pause(view, fates[i].due))
			fates[i].kind = FATE_PAUSED;
}

static usec_t paused_until(const struct stage_view *view, const struct fate *last)
{
	const struct template *t = view->template;
	if (last->kind == FATE_PAUSED)
		return t->resumed_at;
	bool ahead = t->resumed_at != TEMPLATE_NONE && t->resumed_at > last->due &&
		     t->paused_at != TEMPLATE_NONE;
	return ahead ? t->paused_at : USEC_INFINITY;
}

static void apply_adopted(const struct stage_view *view, struct fate *fates, size_t n)
{
	if (!view->adopting || view->policy->adopt_backlog == PLAN_BACKLOG_ALL)
		return;
	for (size_t i = 0; i < n; i++)
		if (fates[i].kind == FATE_MADE && fates[i].due <= view->policy->live_since)
			fates[i].kind = FATE_ADOPTED;
}

static usec_t adopted_until(const struct stage_view *view, const struct fate *last)
{
	return last->kind == FATE_ADOPTED ? view->policy->live_since : USEC_INFINITY;
}

/* ---- of all that is due ---- */

/* What was passed over stands at the end, as one: newer ones follow, which are not seen yet. */
static bool newer_follow(const struct fate *fates, size_t n)
{
	return n > 0 && fates[n - 1].number > 1;
}

/* The newest of what was adopted is made all the same, unless the policy is none. */
static void apply_latest(const struct stage_view *view, struct fate *fates, size_t n)
{
	if (view->policy->adopt_backlog != PLAN_BACKLOG_LATEST || newer_follow(fates, n))
		return;
	for (size_t i = n; i-- > 0;) {
		if (fates[i].kind == FATE_ADOPTED) {
			fates[i].kind = FATE_MADE;
			return;
		}
	}
}

/* The newest catch_up_limit are made. */
static void apply_caught_up(const struct stage_view *view, struct fate *fates, size_t n)
{
	size_t made = newer_follow(fates, n) ? SIZE_MAX : 0;
	for (size_t i = 0; i < n && made != SIZE_MAX; i++)
		made += fates[i].kind == FATE_MADE;
	for (size_t i = 0; i < n && made > view->policy->catch_up_limit; i++) {
		if (fates[i].kind != FATE_MADE)
			continue;
		fates[i].kind = FATE_DROPPED;
		made--;
	}
}

/* The oldest are made as long as the user has something left. */
static void apply_limited(const struct stage_view *view, struct fate *fates, size_t n)
{
	size_t made = 0;
	for (size_t i = 0; i < n && view->policy->limited; i++)
		if (fates[i].kind == FATE_MADE && made++ >= view->policy->allowance)
			fates[i].kind = FATE_LIMITED;
}

/* ---- the table ---- */

const struct stage stages[STAGES] = {
	{ "excluded", STAGE_EACH, apply_excluded, NULL },
	{ "paused", STAGE_EACH, apply_paused, paused_until },
	{ "adopted", STAGE_EACH, apply_adopted, adopted_until },
	{ "latest", STAGE_BACKLOG, apply_latest, NULL },
	{ "caught up", STAGE_BACKLOG, apply_caught_up, NULL },
	{ "limited", STAGE_BACKLOG, apply_limited, NULL },
};

void stages_apply(
	const struct stage_view *view, enum stage_scope scope, struct fate *fates, size_t n)
{
	for (size_t i = 0; i < ARRAY_LEN(stages); i++)
		if (stages[i].scope == scope)
			stages[i].apply(view, fates, n);
}

usec_t stages_until(const struct stage_view *view, const struct fate *last)
{
	usec_t until = USEC_INFINITY;
	for (size_t i = 0; i < ARRAY_LEN(stages); i++) {
		usec_t its = stages[i].until ? stages[i].until(view, last) : USEC_INFINITY;
		until = its < until ? its : until;
	}
	return until > last->due ? until : last->due;
}
