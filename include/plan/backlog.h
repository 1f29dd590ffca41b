/* backlog: all that is due of one template now, oldest first, and what becomes of it.
 *
 * Collects what the iterator of fates gives up to now, within a budget (PLAN_STEPS occurrences beyond
 * catch_up_limit, and the policy's patience), and sends it through the stages that look at all of it.
 * What is absurdly far behind (PLAN_JUMP occurrences) is passed over instead: one fate at the end of the
 * list then stands for about so many, up to near the present.
 */
#pragma once

#include "plan/fates.h"

enum backlog_end {
	BACKLOG_SHORT, /* stopped before the present: there is more to look at */
	BACKLOG_AHEAD, /* came to the present: `ahead` is what comes next */
	BACKLOG_OVER, /* nothing comes any more */
	BACKLOG_SEARCHED, /* found nothing up to `ahead`, which is none, in all the time that there is */
};

struct backlog {
	struct fate *fates;
	size_t n, size;
	size_t makes; /* of what was found, before catch_up_limit */
	enum backlog_end end;
	struct fate ahead; /* never an excluded one */
};

/* false: the rule fails on the way.  Either way backlog_finish follows, unless somebody takes its
 * fates. */
bool backlog_collect(
	struct fates *fates, usec_t now, struct backlog *ret_backlog, struct err *err) NODISCARD;
void backlog_finish(struct backlog *backlog);
/* Whether the i-th stands at the instant of the one before it.  made_through is an instant: of several that
 * stand at one, those that a plan leaves behind would be forgotten. */
bool backlog_goes_with_last(const struct backlog *backlog, size_t i);
/* How many of them are certain.  Where it stopped short of the present, those that would be made may yet
 * have to be dropped: they are left for the next plan, which starts there. */
size_t backlog_certain(const struct backlog *backlog);
