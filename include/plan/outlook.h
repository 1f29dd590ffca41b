/* outlook: what the daemon will make of a template, foretold by the code that plans.  Pure.
 *
 * Two questions.  When does it fall due (outlook_open)?  That leaves out pauses, catching up and adopt_backlog: it
 * tells occurrences, not what becomes of them.  And what will be made, and when (outlook_open_at)?  What is due at that
 * instant goes through the plans that a worker would make then (simulate.h), a pause that ends included; what comes
 * later comes from the iterator, one after the other, on time.  What the application does meanwhile is not known: whether
 * a task is still open, for one (outlook_overlap).
 */
#pragma once

#include <stdbool.h>

#include "plan/fate.h"
#include "plan/policy.h"
#include "plan/template.h"
#include "recur/recurrence.h"

struct outlook;

/* Opens the rule from where the template stands; false: err is the reason for which it would be put
 * into quarantine.  The template's texts must stay, and so must policy. */
bool outlook_open(const struct template *template, const struct plan_policy *policy,
	struct outlook **ret_outlook, struct err *err) NODISCARD;
/* The same, as a worker that is there from `now` on sees it.  paused_until: TEMPLATE_NONE: nobody has said. */
bool outlook_open_at(const struct template *template, const struct plan_policy *policy, usec_t now,
	usec_t paused_until, struct outlook **ret_outlook, struct err *err) NODISCARD;
void outlook_close(struct outlook *outlook);
void outlook_cleanup(struct outlook **outlook); /* for CLEANUP */

const struct rule *outlook_rule(const struct outlook *outlook);
sec_t outlook_start(const struct outlook *outlook); /* the anchor, wall time */
const struct zone *outlook_zone(const struct outlook *outlook);
/* What its policies say of one that comes while the one before is open. */
enum policy_overlap outlook_overlap(const struct outlook *outlook);
/* Whether the newest that there is, before what the outlook gives, is open. */
bool outlook_is_open(const struct outlook *outlook);
/* The next occurrence, next_due_at first; excluded ones are left out.  `fire` is when it is made.  Never RECUR_AGAIN.
 * Texts of its change stay until the next call. */
enum recur_status outlook_next(
	struct outlook *outlook, struct fate *ret_fate, struct err *err) NODISCARD;
