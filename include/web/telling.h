/* telling: what is known of one template, asked one question after the other, and the account of its occurrences
 * (plan/account.h) that comes of it: the same for the page of operators and for the user whose it is. */
#pragma once

#include "db/conn.h"
#include "plan/account.h"
#include "web/board.h"

enum telling_part {
	TELLING_ROW, /* of web_templates.sql */
	TELLING_INSTANCES,
	TELLING_DECISIONS,
	TELLING_CHANGES,
	TELLING_TURNS,
	TELLING_POLICIES,
	TELLING_PARTS
};

struct telling;

/* Once: failed: the database did not answer, and telling has nothing to say; else NULL.  telling goes when this returns. */
typedef void telling_fn(void *arg, struct telling *telling, const struct reply *failed);

/* from, to: of the occurrences. */
void telling_ask(
	struct web *web, const char *id, usec_t from, usec_t to, telling_fn *fn, void *arg);
/* Without a row in TELLING_ROW there is no such template. */
const PGresult *telling_part(const struct telling *telling, enum telling_part part);

/* named: with who decided and who edited.  The account and what it hands out are there until fn returns. */
void telling_account(struct telling *telling, const struct outlook_now *outlook, bool named,
	void (*fn)(void *arg, struct account *account), void *arg);
/* Why what is to come does not come, maybe; "": nothing is in its way. */
void telling_hindrance(
	const struct telling *telling, const struct face *face, char *text, size_t size);
