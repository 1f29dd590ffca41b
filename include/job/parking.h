/* parking: users whose rows somebody else holds, or over whose templates sessions end; what is theirs waits
 * without holding up others.  For reminders it is tasks.
 *
 * A parked user is left out of claims until its time, then tried alone, at growing intervals.
 * Times are monotonic.  Owner: parking_clear.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "util/macros.h"

#define PARKING_MAX 256

/* Why he waits, which says for how long. */
enum parking_why {
	PARKED_HELD, /* somebody else has a lock on what is his */
	PARKED_REFUSED, /* the server refuses his row */
	PARKED_FAILED, /* by his row, as it seems; when it was the server after all, he is a little late */
	PARKED_LOST, /* sessions end over his row: each attempt may cost the server a restart */
};

struct parked {
	char *user_id;
	usec_t retry_at, pause;
	enum parking_why why;
	int way; /* to try him alone; the caller's */
	uint64_t others_worked; /* parking.worked when he was parked, or failed again */
};

struct parking {
	struct parked places[PARKING_MAX];
	size_t n;
	uint64_t worked; /* batches of those who are not parked */
};

void parking_clear(struct parking *parking);
/* Parks a user, or doubles the pause of one who is parked, within bounds; where his row only seems to be
 * to blame, only while others succeed.  When all places are taken
 * the oldest gives way: it will be met again.  true: newly parked. */
bool parking_add(
	struct parking *parking, const char *user_id, enum parking_why why, int way, usec_t now);
void parking_remove(struct parking *parking, const char *user_id);
/* The user to try alone now; NULL: none.  Valid until the next change.  His next turn is put off, so
 * that nobody else tries him at the same time. */
const struct parked *parking_take(struct parking *parking, usec_t now);
usec_t parking_next(const struct parking *parking); /* 0: nobody is parked */
/* ids has PARKING_MAX places; returns how many were filled. */
size_t parking_ids(const struct parking *parking, const char *ids[static PARKING_MAX]);
