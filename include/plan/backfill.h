/* backfill: what is to be made of a span of the past because somebody asks for it.
 *
 * The occurrences are those that account.h finds there: by the rule, the anchor and the zone of the time, as far as
 * these are known.  Made is what has no instance, whatever was decided about it then.  What the rule excludes stays
 * out; so does what a calendar of today leaves out, which may also shift when a task is due.  What is still to come,
 * or is due and waits for a worker, comes by itself.
 * Pure: no clock, and no database.
 */
#pragma once

#include "plan/account.h"

#define BACKFILL_CAP 10000 /* that one request makes */

struct backfill_limits {
	usec_t known; /* up to this instant next_task gives all instances there are */
	size_t makes; /* at least 1 */
	int looks; /* at occurrences */
};

struct backfill_item {
	usec_t nominal, due;
	char *title, *description, *priority; /* NULL: the template's */
	int64_t run; /* the same for those that follow each other, without an instance in between */
};

struct backfill {
	struct backfill_item *items;
	size_t n;
	int64_t there; /* instances that were met */
	int64_t left_out; /* by the rule or a calendar */
	usec_t through; /* up to there all was looked at; INSTANT_NONE: nothing was */
	bool over; /* nothing more lies in the span */
	bool waits; /* behind that lies what is due: a worker has yet to say what becomes of it */
	struct err problem; /* "": all could be expanded */
};

/* input: without decisions (next_decision is not called). */
void backfill_make(const struct account_input *input, const struct backfill_limits *limits,
	struct backfill *ret_backfill);
void backfill_finish(struct backfill *backfill);
