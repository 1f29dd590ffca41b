/* The stages; see the header. */
#include "plan/stages.h"

#include "util/timefmt.h"

/* ---- what policies say ---- */

static enum policy_amount catch_up_of(const struct stage_view *view)
{
	const struct policies *p = view->template->policies;
	return p && p->catch_up != POLICY_UNSET ? p->catch_up : view->policy->catch_up;
}

/* What is within the grace was not missed, however short a window is. */
static usec_t window_of(const struct stage_view *view)
{
	const struct policies *p = view->template->policies;
	usec_t window = p && p->catch_up_window ? p->catch_up_window
						: view->policy->catch_up_window;
	usec_t grace = view->policy->catch_up_grace;
	return window > 0 && window < grace ? grace : window;
}

static usec_t spread_of(const struct stage_view *view)
{
	const struct policies *p = view->template->policies;
	return p ? policies_spread(view->template->id, p->jitter) : 0;
}

size_t stages_limit(const struct stage_view *view)
{
	const struct policies *p = view->template->policies;
	return p && p->catch_up_cap ? p->catch_up_cap : view->policy->catch_up_limit;
}

void stages_set_fire(const struct stage_view *view, struct fate *fate)
{
	const struct policies *p = view->template->policies;
	fate->fire = p ? fate->due - fate->early - p->lead + spread_of(view) : fate->due;
}

/* How late it is; one that was made ahead is so from when it is due. */
static bool is_later_than(const struct stage_view *view, const struct fate *fate, usec_t than)
{
	usec_t wanted = fate->fire > fate->due ? fate->fire : fate->due;
	return view->now != INT64_MIN && wanted < view->now - than;
}

bool stages_is_late(const struct stage_view *view, const struct fate *fate)
{
	return is_later_than(view, fate, view->policy->catch_up_grace);
}

usec_t stages_later_before(const struct stage_view *view, usec_t than)
{
	usec_t wanted = view->now - than - spread_of(view) - USEC_PER_SEC;
	return wanted - (view->shift ? shift_reach(view->shift, wanted) : 0);
}

/* ---- of each occurrence by itself ---- */

/* What the rule leaves out stands nowhere. */
static void apply_shifted(const struct stage_view *view, struct fate *fates, size_t n)
{
	for (size_t i = 0; view->shift && view->shift->workdays && i < n; i++) {
		struct fate *fate = &fates[i];
		if (fate->kind != FATE_MADE || fate->excluded || fate->number > 1)
			continue;
		struct shifted shifted = shift_move_skipped(view->shift, fate->stands, fate->gap);
		fate->due = shifted.due;
		fate->early = shifted.early;
		if (shifted.skipped)
			fate->kind = FATE_SKIPPED;
	}
}

static void apply_fire(const struct stage_view *view, struct fate *fates, size_t n)
{
	for (size_t i = 0; view->template->policies && i < n; i++)
		stages_set_fire(view, &fates[i]);
}

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

static enum policy_amount pause_catch_up_of(const struct stage_view *view)
{
	const struct policies *p = view->template->policies;
	return p ? p->pause_catch_up : POLICY_UNSET;
}

/* All of a pause is made: then catch_up, which is for what nobody meant to miss, has no say in it. */
static bool is_spared(const struct stage_view *view, const struct fate *fate)
{
	return pause_catch_up_of(view) == POLICY_ALL && within_pause(view, fate->due);
}

static void apply_paused(const struct stage_view *view, struct fate *fates, size_t n)
{
	if (pause_catch_up_of(view) == POLICY_ALL)
		return;
	for (size_t i = 0; i < n; i++)
		if (fates[i].kind == FATE_MADE && within_pause(view, fates[i].due))
			fates[i].kind = FATE_PAUSED;
}

static usec_t paused_until(const struct stage_view *view, const struct fate *last)
{
	const struct template *t = view->template;
	if (last->kind == FATE_PAUSED || is_spared(view, last))
		return t->resumed_at;
	bool ahead = t->resumed_at != TEMPLATE_NONE && t->resumed_at > last->stands &&
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

static void drop_later(const struct stage_view *view, usec_t than, enum fate_kind kind,
	struct fate *fates, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fates[i].kind == FATE_MADE && !is_spared(view, &fates[i]) &&
			is_later_than(view, &fates[i], than))
			fates[i].kind = kind;
}

/* In terms of where they stand, from which a spread may lead ahead. */
static usec_t later_until(const struct stage_view *view, usec_t than)
{
	return view->now == INT64_MIN ? USEC_INFINITY : stages_later_before(view, than);
}

static void apply_window(const struct stage_view *view, struct fate *fates, size_t n)
{
	usec_t window = window_of(view);
	if (window > 0)
		drop_later(view, window, FATE_WINDOW, fates, n);
}

static usec_t window_until(const struct stage_view *view, const struct fate *last)
{
	return last->kind == FATE_WINDOW ? later_until(view, window_of(view)) : USEC_INFINITY;
}

static void apply_late(const struct stage_view *view, struct fate *fates, size_t n)
{
	if (catch_up_of(view) == POLICY_NONE)
		drop_later(view, view->policy->catch_up_grace, FATE_LATE, fates, n);
}

static usec_t late_until(const struct stage_view *view, const struct fate *last)
{
	return last->kind == FATE_LATE ? later_until(view, view->policy->catch_up_grace)
				       : USEC_INFINITY;
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

/* Of a pause that is over, where its policy says so, the newest. */
static void apply_latest_paused(const struct stage_view *view, struct fate *fates, size_t n)
{
	if (pause_catch_up_of(view) != POLICY_LATEST || newer_follow(fates, n))
		return;
	for (size_t i = n; i-- > 0;) {
		if (fates[i].kind == FATE_PAUSED) {
			fates[i].kind = FATE_MADE;
			return;
		}
	}
}

/* One for all that is late, the newest. */
static void apply_coalesced(const struct stage_view *view, struct fate *fates, size_t n)
{
	if (catch_up_of(view) != POLICY_LATEST)
		return;
	bool newer = newer_follow(fates, n);
	for (size_t i = n; i-- > 0;) {
		if (fates[i].kind != FATE_MADE || is_spared(view, &fates[i]) ||
			!stages_is_late(view, &fates[i]))
			continue;
		if (newer)
			fates[i].kind = FATE_COALESCED;
		newer = true;
	}
}

/* Without policies catch_up_limit is for all that is due; with some, what is not late is made anyway. */
static bool is_limited(const struct stage_view *view, const struct fate *fate)
{
	return fate->kind == FATE_MADE && (!view->template->policies || stages_is_late(view, fate));
}

/* The newest are made. */
static void apply_caught_up(const struct stage_view *view, struct fate *fates, size_t n)
{
	const struct policies *p = view->template->policies;
	size_t limit = stages_limit(view), made = newer_follow(fates, n) ? SIZE_MAX : 0;
	for (size_t i = 0; i < n && made != SIZE_MAX; i++)
		made += is_limited(view, &fates[i]);
	for (size_t i = 0; i < n && made > limit; i++) {
		if (!is_limited(view, &fates[i]))
			continue;
		fates[i].kind = p && p->catch_up_cap ? FATE_CAPPED : FATE_DROPPED;
		made--;
	}
}

/* The first one is made, and open from then on. */
static void skip_overlapping(bool open, struct fate *fates, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (fates[i].kind != FATE_MADE)
			continue;
		if (open)
			fates[i].kind = FATE_OVERLAPPED;
		open = true;
	}
}

/* Each takes the place of the one before it, so that only the last is made. */
static void replace_overlapping(struct fate *fates, size_t n)
{
	bool newer = newer_follow(fates, n);
	for (size_t i = n; i-- > 0;) {
		if (fates[i].kind != FATE_MADE)
			continue;
		if (newer)
			fates[i].kind = FATE_OVERLAPPED;
		newer = true;
	}
}

static void apply_overlapped(const struct stage_view *view, struct fate *fates, size_t n)
{
	const struct policies *p = view->template->policies;
	if (p && p->overlap == OVERLAP_SKIP)
		skip_overlapping(p->open_task != NULL, fates, n);
	if (p && p->overlap == OVERLAP_REPLACE)
		replace_overlapping(fates, n);
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
	{ "shifted", STAGE_EACH, apply_shifted, NULL },
	{ "fire", STAGE_EACH, apply_fire, NULL },
	{ "excluded", STAGE_EACH, apply_excluded, NULL },
	{ "paused", STAGE_EACH, apply_paused, paused_until },
	{ "adopted", STAGE_EACH, apply_adopted, adopted_until },
	{ "window", STAGE_EACH, apply_window, window_until },
	{ "late", STAGE_EACH, apply_late, late_until },
	{ "latest", STAGE_BACKLOG, apply_latest, NULL },
	{ "coalesced", STAGE_BACKLOG, apply_coalesced, NULL },
	{ "latest paused", STAGE_BACKLOG, apply_latest_paused, NULL },
	{ "caught up", STAGE_BACKLOG, apply_caught_up, NULL },
	{ "overlapped", STAGE_BACKLOG, apply_overlapped, NULL },
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
	return until > last->stands ? until : last->stands;
}
