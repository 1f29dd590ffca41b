/* story: one template: what becomes of each of its occurrences, and why.  Pure: from an account (plan/account.h) to HTML.
 */
#pragma once

#include "plan/account.h"
#include "web/months.h"
#include "web/page.h"

#define STORY_BEFORE (35 * 86400 * USEC_PER_SEC)
#define STORY_AFTER  (62 * 86400 * USEC_PER_SEC)
#define STORY_ROWS   400
#define STORY_AHEAD  8 /* of those to come, as rows; the months have all */

/* Why, in words. */
void story_why(struct strbuf *why, const struct face *face, const struct account_entry *entry,
	const char *hindrance);
/* Goes through the account: months, then occurrences, the newest first.  hindrance: why what is to come does not come;
 * NULL: nothing is in its way. */
void story_show(struct strbuf *out, const struct face *face, struct account *account,
	const char *hindrance);
