/* The iterator; see the header. */
#include "plan/fates.h"

#include "plan/move.h"
#include "util/timefmt.h"

bool fates_open(const struct template *template, const struct plan_policy *policy, bool fitted,
	struct fates *ret_fates, struct err *err)
{
	ret_fates->phase = FATES_PASSED;
	ret_fates->fitted = fitted;
	ret_fates->placed = false;
	ret_fates->steps = 0;
	ret_fates->given = 0;
	ret_fates->now = INT64_MIN;
	return start_find(template, policy, &ret_fates->start, err);
}

void fates_close(struct fates *fates)
{
	start_finish(&fates->start);
}

void fates_renew(struct fates *fates)
{
	fates->start.slices = 0;
}

struct rule *fates_take_rule(struct fates *fates)
{
	struct rule *rule = fates->start.rule;
	recurrence_close(fates->start.recurrence);
	fates->start.recurrence = NULL;
	fates->start.rule = NULL;
	return rule;
}

struct stage_view fates_view(const struct fates *fates)
{
	const struct start *start = &fates->start;
	usec_t made = start->made == INT64_MIN ? INT64_MIN : start->made * USEC_PER_SEC;
	return (struct stage_view){ start->template, start->policy, start->adopting, made,
		fates->now, &start->shift };
}

static bool count_used_up(const struct fates *fates)
{
	uint64_t count = start_count(&fates->start);
	uint64_t used = (uint64_t)fates->start.template->used_count + fates->start.before;
	return count > 0 && used + fates->given >= count;
}

/* ---- excluded ones that were passed ---- */

/* What is excluded is never waited for, but uses up COUNT once it is passed, and somebody may ask what became of it. */
static bool passed_any(const struct fates *fates)
{
	const struct start *start = &fates->start;
	return start->standing == STANDS_PLANNED &&
	       (start->first_stands || start->moved || start->amended) && start->before == 0 &&
	       (start->made_through != TEMPLATE_NONE || start_count(start) > 0) &&
	       rule_has_overrides(start->rule);
}

/* RECUR_END: no more of them. */
static enum recur_status next_passed(
	struct fates *fates, struct occurrence *ret_found, struct err *err)
{
	struct start *start = &fates->start;
	sec_t planned = start->amended ? start->after + 1
			: start->moved ? start->moved_to
				       : sec_from_usec(start->due);
	if (!passed_any(fates))
		return RECUR_END;
	if (fates->steps == 0)
		recurrence_seek(start->recurrence, start->made_through == TEMPLATE_NONE
							   ? INT64_MIN
							   : sec_from_usec(start->made_through));
	while (fates->steps++ < PLAN_STEPS) {
		enum recur_status status = start_search(start, ret_found, err);
		if (status == RECUR_AGAIN)
			return RECUR_END; /* the first one stands whatever they are */
		if (status != RECUR_FOUND)
			return status;
		if (ret_found->at >= planned)
			return RECUR_END;
		if (ret_found->excluded)
			return RECUR_FOUND;
	}
	return RECUR_END;
}

/* ---- the first ---- */

/* What the set has at that instant, excluded ones apart; RECUR_END: nothing. */
static enum recur_status search_first(
	struct start *start, sec_t due, struct occurrence *ret_found, struct err *err)
{
	enum recur_status status = start_search_at(start, due, ret_found, err);
	while (status == RECUR_FOUND && ret_found->excluded) {
		status = start_search(start, ret_found, err);
		if (status == RECUR_AGAIN || (status == RECUR_FOUND && ret_found->at != due))
			return RECUR_END;
	}
	return status;
}

/* Where a template ended because all of it is excluded, it rests at its first one, of which nothing must come when
 * it is switched on again. */
static enum recur_status search_excluded(
	struct start *start, sec_t due, struct occurrence *ret_found, struct err *err)
{
	if (!rule_has_overrides(start->rule) || start->template->made_through != TEMPLATE_NONE)
		return RECUR_END;
	enum recur_status status = start_search_at(start, due, ret_found, err);
	return status == RECUR_FOUND && !ret_found->excluded ? RECUR_END : status;
}

/* It stands by itself; where the set has an occurrence there (a moved one, say), it is that one. */
static enum recur_status first(struct fates *fates, struct occurrence *ret_found, struct err *err)
{
	struct start *start = &fates->start;
	sec_t due = sec_from_usec(start->due);
	struct occurrence found;
	enum recur_status status = RECUR_END;
	bool within = recurrence_within_until(start->recurrence, due);
	bool wanted = fates->fitted || start->shift.workdays;
	if (rule_has_overrides(start->rule) || (wanted && within))
		status = search_first(start, due, &found, err);
	if (status == RECUR_END && start->standing == STANDS_PLANNED)
		status = search_excluded(start, due, &found, err);
	if (status == RECUR_FAILED || (status == RECUR_AGAIN && fates->given == 0))
		return status;
	/* UNTIL bounds the rule: what an override moves or adds may stand beyond. */
	if (!within && status != RECUR_FOUND)
		return RECUR_END;
	fates->placed = status == RECUR_FOUND && start->after == due;
	*ret_found = status == RECUR_FOUND ? found
					   : (struct occurrence){ .nominal = due, .at = due };
	return count_used_up(fates) ? RECUR_END : RECUR_FOUND;
}

/* ---- one after the other ---- */

static enum recur_status following(
	struct fates *fates, struct occurrence *ret_found, struct err *err)
{
	enum recur_status status;
	do {
		if (count_used_up(fates))
			return RECUR_END;
		status = start_search(&fates->start, ret_found, err);
	} while (status == RECUR_FOUND && move_passed(&fates->start, ret_found));
	return status;
}

static enum recur_status next_occurrence(
	struct fates *fates, struct occurrence *ret_found, struct err *err)
{
	if (fates->phase == FATES_PASSED) {
		enum recur_status status = next_passed(fates, ret_found, err);
		if (status != RECUR_END)
			return status;
		fates->phase = FATES_FIRST;
	}
	if (fates->phase == FATES_FOLLOWING)
		return following(fates, ret_found, err);
	enum recur_status status = fates->start.first_stands ? first(fates, ret_found, err)
							     : RECUR_FOUND;
	if (status != RECUR_FOUND)
		return status;
	fates->phase = FATES_FOLLOWING;
	if (!fates->placed)
		recurrence_seek(fates->start.recurrence, fates->start.after);
	return fates->start.first_stands ? RECUR_FOUND : following(fates, ret_found, err);
}

/* Whole seconds are the set's; what the application set keeps its microseconds. */
static usec_t instant_of(const struct fates *fates, sec_t second)
{
	const struct start *start = &fates->start;
	bool stands = start->first_stands && second == sec_from_usec(start->due);
	return stands ? start->due : second * USEC_PER_SEC;
}

static usec_t gap_of(const struct fates *fates, const struct occurrence *found)
{
	bool skipped = found->fit == ZONE_GAP && found->at == found->nominal;
	return skipped ? (zone_to_wall(fates->start.zone, found->at) - found->wall) * USEC_PER_SEC
		       : 0;
}

enum recur_status fates_next(struct fates *fates, struct fate *ret_fate, struct err *err)
{
	struct stage_view view = fates_view(fates);
	struct occurrence found;
	enum recur_status status = next_occurrence(fates, &found, err);
	if (status != RECUR_FOUND)
		return status;
	usec_t due = instant_of(fates, found.at);
	*ret_fate = (struct fate){
		.nominal = move_identity(&fates->start,
			found.nominal == found.at ? due : found.nominal * USEC_PER_SEC,
			found.fixed),
		.stands = due,
		.due = due,
		.fire = due,
		.through = due,
		.number = 1,
		.fit = found.fit,
		.gap = gap_of(fates, &found),
		.excluded = found.excluded,
		.change = { found.title, found.description, found.priority },
	};
	stages_apply(&view, STAGE_EACH, ret_fate, 1);
	fates->given++;
	return RECUR_FOUND;
}

bool fates_between(struct fates *fates, sec_t after, usec_t until, size_t enough, size_t *ret_n,
	struct err *err)
{
	size_t n = 0;
	recurrence_seek(fates->start.recurrence, after);
	while (n < enough) {
		struct occurrence found;
		enum recur_status status = start_search(&fates->start, &found, err);
		if (status == RECUR_FAILED)
			return false;
		if (status != RECUR_FOUND || found.at * USEC_PER_SEC > until)
			break;
		n += !found.excluded;
	}
	*ret_n = n;
	return true;
}
