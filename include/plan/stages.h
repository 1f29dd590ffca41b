/* stages: what decides about occurrences, one after the other; a policy is a row of the table.
 *
 * Everything comes in as FATE_MADE.  A stage decides only about what is still to be made: what one
 * before it has decided stands.  Stages are pure functions of fates and of what they look at.
 */
#pragma once

#include "plan/fate.h"
#include "plan/policy.h"
#include "plan/template.h"

struct stage_view {
	const struct template *template;
	const struct plan_policy *policy;
	bool adopting; /* from before live_since, never planned by recurd */
	usec_t made; /* the latest instant at which something was made; INT64_MIN: none */
	usec_t now; /* of the plan; INT64_MIN: nobody plans, and nothing is late */
};

enum stage_scope {
	STAGE_EACH, /* looks at one occurrence by itself */
	STAGE_BACKLOG, /* looks at all that is due, oldest first */
};

struct stage {
	const char *name;
	enum stage_scope scope;
	void (*apply)(const struct stage_view *view, struct fate *fates, size_t n);
	/* Up to when it says of what follows the last what it said of the last; NULL: for ever.  So that
	 * what is absurdly far behind can be passed over without a look at each. */
	usec_t (*until)(const struct stage_view *view, const struct fate *last);
};

#define STAGES 11
extern const struct stage stages[STAGES];

void stages_apply(
	const struct stage_view *view, enum stage_scope scope, struct fate *fates, size_t n);
/* What was not made by its time although its time was known: a worker was down, a row was locked, the template was
 * in quarantine.  That is not what lies ahead yet, however long its lead: nobody has missed it. */
bool stages_is_late(const struct stage_view *view, const struct fate *fate);
/* What stands so long ago is late, whatever moves it. */
usec_t stages_slack(const struct stage_view *view);
/* When it fires, by where it is due. */
void stages_set_fire(const struct stage_view *view, struct fate *fate);
/* At most so many of what is late are made. */
size_t stages_limit(const struct stage_view *view);
/* The earliest of their answers, never before it. */
usec_t stages_until(const struct stage_view *view, const struct fate *last);
