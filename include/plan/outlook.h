/* outlook: what the daemon will make of a template, foretold by the iterator that plans.  Pure.
 *
 * Pauses, the catch-up limit and adopt_backlog are left out: it tells occurrences, not what becomes of
 * them.
 */
#pragma once

#include <stdbool.h>

#include "plan/fate.h"
#include "plan/policy.h"
#include "plan/template.h"
#include "recur/recurrence.h"

struct outlook;

/* Opens the rule from where the template stands; false: err is the reason for which it would be put
 * into quarantine.  The template's texts are read by this call alone; policy must stay. */
bool outlook_open(const struct template *template, const struct plan_policy *policy,
	struct outlook **ret_outlook, struct err *err) NODISCARD;
void outlook_close(struct outlook *outlook);
void outlook_cleanup(struct outlook **outlook); /* for CLEANUP */

const struct rule *outlook_rule(const struct outlook *outlook);
sec_t outlook_start(const struct outlook *outlook); /* the anchor, wall time */
const struct zone *outlook_zone(const struct outlook *outlook);
/* The next occurrence, next_due_at first; excluded ones are left out.  Never RECUR_AGAIN. */
enum recur_status outlook_next(
	struct outlook *outlook, struct fate *ret_fate, struct err *err) NODISCARD;
