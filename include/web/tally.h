/* tally: what recurd-http has answered since its start: how often by route and class of status, how long it took by kind
 * of route, and how often somebody could not say who he is.  A route that nobody has asked for yet has no figure. */
#pragma once

#include "util/exposition.h"

struct route;
struct tally;

enum tally_refusal {
	REFUSAL_MISSING, /* nothing was presented where something was needed */
	REFUSAL_INVALID,
	REFUSAL_THROTTLED, /* too many passwords were wrong */
	REFUSAL_UNKNOWN, /* the database did not say */
	REFUSALS
};

struct tally *tally_create(void);
void tally_destroy(struct tally *tally); /* accepts NULL */
/* route: NULL: there is none of that path or method. */
void tally_answer(struct tally *tally, const struct route *route, unsigned status, usec_t took);
/* The same of an answer without an end, which takes as long as somebody looks. */
void tally_stream(struct tally *tally, const struct route *route);
void tally_refusal(struct tally *tally, enum tally_refusal refusal);
void tally_add(const struct tally *tally, const struct exposition *page);
