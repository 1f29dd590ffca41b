/* The walk over what is due; see the header. */
#include "plan/backlog.h"

#include <stdlib.h>

#include "util/mem.h"
#include "util/timefmt.h"

/* Without policies of its own, as long as the template is due at all, catch_up_limit is for all of it. */
static bool counts(const struct stage_view *view, const struct fate *fate)
{
	return fate->kind == FATE_MADE && (!view->template->policies || stages_is_late(view, fate));
}

static void add(struct backlog *backlog, const struct fate *fate)
{
	if (backlog->n == backlog->size) {
		backlog->size = backlog->size ? backlog->size * 2 : 1; /* mostly one is due */
		backlog->fates = mem_realloc_array(
			backlog->fates, backlog->size, sizeof(*backlog->fates));
	}
	backlog->fates[backlog->n++] = *fate;
}

/* ---- far behind ---- */

/* All that was found is of one kind?  Excluded ones count with any. */
static bool is_uniform(const struct backlog *backlog, enum fate_kind *ret_kind)
{
	enum fate_kind kind = FATE_EXCLUDED;
	for (size_t i = 0; i < backlog->n; i++) {
		enum fate_kind its = backlog->fates[i].kind;
		if (its == FATE_EXCLUDED)
			continue;
		if (kind != FATE_EXCLUDED && kind != its)
			return false;
		kind = its;
	}
	*ret_kind = kind;
	return kind != FATE_EXCLUDED;
}

static usec_t uniform_until(
	const struct fates *fates, const struct backlog *backlog, enum fate_kind kind, usec_t now)
{
	struct stage_view view = fates_view(fates);
	struct fate last = backlog->fates[backlog->n - 1];
	last.kind = kind;
	usec_t until = stages_until(&view, &last);
	usec_t late = now - (view.template->policies ? stages_slack(&view) : 0);
	return until < late ? until : late;
}

static void pass_over(struct backlog *backlog, enum fate_kind kind, int64_t about, usec_t to)
{
	usec_t through = sec_from_usec(to) * USEC_PER_SEC;
	add(backlog, &(struct fate){ .nominal = through,
			     .stands = through,
			     .due = through,
			     .fire = through,
			     .through = through,
			     .number = about,
			     .kind = kind,
			     .estimated = true });
}

/* The budget is used up, far from the present: passes over what is certain not to be made, however much
 * it is.  COUNT must be counted, unless it is of that size itself. */
static bool jump(struct fates *fates, usec_t now, struct backlog *backlog, struct err *err)
{
	enum fate_kind kind;
	uint64_t count = rule_count(fates->start.rule);
	if ((count > 0 && count <= PLAN_JUMP) || backlog->n < 2 || !is_uniform(backlog, &kind))
		return true;
	struct stage_view view = fates_view(fates);
	size_t limit = stages_limit(&view), found = 0;
	usec_t last = backlog->fates[backlog->n - 1].stands;
	usec_t until = uniform_until(fates, backlog, kind, now);
	usec_t gap = (last - backlog->fates[0].stands) / (usec_t)(backlog->n - 1);
	usec_t margin = gap * (usec_t)(limit + PLAN_STEPS);
	usec_t to = until - margin;
	/* Where the rule is sparser near the present, or over, more of it has to stay. */
	while (gap > 0 && (to - last) / gap >= PLAN_JUMP) {
		if (!fates_between(fates, sec_from_usec(to), until, limit, &found, err))
			return false;
		if (found >= limit) {
			pass_over(backlog, kind, (to - last) / gap, to);
			return true;
		}
		if (margin < (until - last) / 2) {
			margin *= 2;
			to = until - margin;
		} else {
			to = last + (to - last) / 2;
		}
	}
	return true;
}

/* ---- the walk ---- */

/* Not before something is sure to be dropped or passed over: else what is found now would be made,
 * although newer occurrences have the better right.  (Excluded dates once counted as enough.) */
static bool out_of_patience(
	const struct stage_view *view, const struct backlog *backlog, usec_t began)
{
	const struct plan_policy *policy = view->policy;
	size_t limit = stages_limit(view);
	bool decided = backlog->makes > limit ||
		       (backlog->n > limit && backlog->fates[0].kind != FATE_MADE);
	return policy->patience > 0 && decided && policy->clock() - began > policy->patience;
}

/* What is excluded and lies ahead is never waited for. */
static enum recur_status next_not_skipped(
	struct fates *fates, usec_t now, struct fate *ret_fate, struct err *err)
{
	enum recur_status status;
	do
		status = fates_next(fates, ret_fate, err);
	while (status == RECUR_FOUND && ret_fate->fire > now && ret_fate->kind == FATE_EXCLUDED);
	return status;
}

/* Only what an override moves or adds stands at the instant of another; the next plan begins after the last one's. */
static bool may_be_split(const struct fates *fates, const struct backlog *backlog)
{
	return backlog->n > 0 && rule_has_overrides(fates->start.rule) &&
	       !rule_only_excludes(fates->start.rule);
}

/* A rule that is rare enough: the search goes on from there when the clock is as far.  Who counts from the start
 * on cannot go on. */
static bool put_off(struct fates *fates, struct backlog *backlog, struct err *err)
{
	struct stage_view view = fates_view(fates);
	sec_t to = recurrence_searched(fates->start.recurrence);
	if (to <= fates->start.after)
		return start_give_up(err);
	backlog->end = BACKLOG_SEARCHED;
	usec_t searched = to * USEC_PER_SEC;
	backlog->ahead = (struct fate){ .stands = searched, .due = searched, .fire = searched };
	stages_set_fire(&view, &backlog->ahead);
	return true;
}

static bool walk(struct fates *fates, usec_t now, struct backlog *backlog, struct err *err)
{
	const struct plan_policy *policy = fates->start.policy;
	struct stage_view view = fates_view(fates);
	usec_t began = policy->patience > 0 ? policy->clock() : 0;
	size_t budget = stages_limit(&view) + PLAN_STEPS;
	for (;;) {
		struct fate fate = { 0 };
		bool enough = backlog->n >= budget || out_of_patience(&view, backlog, began);
		if (enough && !may_be_split(fates, backlog))
			break;
		enum recur_status status = next_not_skipped(fates, now, &fate, err);
		if (status == RECUR_FAILED)
			return false;
		if (status == RECUR_AGAIN) /* with something found, as good as its budget */
			return backlog->n > 0 || put_off(fates, backlog, err);
		if (status == RECUR_END || fate.fire > now) {
			backlog->end = status == RECUR_END ? BACKLOG_OVER : BACKLOG_AHEAD;
			backlog->ahead = fate;
			return true;
		}
		if (enough && fate.stands != backlog->fates[backlog->n - 1].stands)
			break;
		backlog->makes += counts(&view, &fate);
		add(backlog, &fate);
	}
	return jump(fates, now, backlog, err);
}

bool backlog_collect(struct fates *fates, usec_t now, struct backlog *ret_backlog, struct err *err)
{
	fates->now = now;
	struct stage_view view = fates_view(fates);
	*ret_backlog = (struct backlog){ .end = BACKLOG_SHORT };
	if (!walk(fates, now, ret_backlog, err))
		return false;
	stages_apply(&view, STAGE_BACKLOG, ret_backlog->fates, ret_backlog->n);
	return true;
}

void backlog_finish(struct backlog *backlog)
{
	free(backlog->fates);
	*backlog = (struct backlog){ 0 };
}

bool backlog_goes_with_last(const struct backlog *backlog, size_t i)
{
	return i > 0 && i < backlog->n && backlog->fates[i].stands == backlog->fates[i - 1].stands;
}

size_t backlog_certain(const struct backlog *backlog)
{
	size_t i = 0, whole;
	if (backlog->end != BACKLOG_SHORT)
		return backlog->n;
	while (i < backlog->n && backlog->fates[i].kind != FATE_MADE)
		i++;
	if (i == 0)
		return backlog->n;
	for (whole = i; backlog_goes_with_last(backlog, whole);)
		whole--;
	while (whole == 0 && backlog_goes_with_last(backlog, i))
		i++;
	return whole > 0 ? whole : i;
}
