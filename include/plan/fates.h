/* fates: the occurrences of a template one after the other, from where it stands, and what becomes of
 * each: the one iterator that whoever plans or foretells goes by.
 *
 * In the order in which they are due, into the future without end, unless the rule has one.  First come
 * those that an override excludes between what was made and what is next: nobody waited for them, but
 * they use up COUNT.  Each fate has been through the stages that look at one occurrence (stages.h); those
 * that look at all that is due together are up to who has it together (backlog.h).
 * Pure: no clock, and no database.
 */
#pragma once

#include "plan/stages.h"
#include "plan/start.h"

enum fates_phase { FATES_PASSED, FATES_FIRST, FATES_FOLLOWING };

struct fates {
	struct start start;
	enum fates_phase phase;
	bool fitted;
	bool placed; /* the recurrence stands behind the first one, at whose instant others may stand */
	int steps; /* looked at in FATES_PASSED */
	uint64_t given; /* in all */
	usec_t now; /* INT64_MIN, unless somebody plans: what is late then */
};

/* fitted: also tell how the first one, which stands by itself, fits its clock; it costs a search.
 * false: there can be no plan, err says why.  Either way fates_close follows. */
bool fates_open(const struct template *template, const struct plan_policy *policy, bool fitted,
	struct fates *ret_fates, struct err *err) NODISCARD;
void fates_close(struct fates *fates);
/* RECUR_AGAIN: has computed for as long as a plan may (see start_give_up); fates_renew grants as much
 * again. */
enum recur_status fates_next(struct fates *fates, struct fate *ret_fate, struct err *err) NODISCARD;
void fates_renew(struct fates *fates);
/* What the stages look at, of this template. */
struct stage_view fates_view(const struct fates *fates);
/* How many that are not excluded lie after one instant and not after another, counted up to enough.
 * The iterator is used up afterwards. */
bool fates_between(struct fates *fates, sec_t after, usec_t until, size_t enough, size_t *ret_n,
	struct err *err) NODISCARD;
/* The rule, which lives on without the iterator, as texts of changes need it; rule_free. */
struct rule *fates_take_rule(struct fates *fates);
