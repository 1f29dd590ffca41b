/* events: what the notifications of a batch are about: their keys, and what stands under these already.
 *
 * The write of a careful batch looks before it inserts, and its result says what it met:
 * nothing, or the event itself, which was told before; the event under a key of the newer format, which is then its
 * key, in the log too (plan/identity.h says when that can be); or another event under its key.  That one is in
 * the way for good: the event is not told, which is an error, counted and logged with both.
 */
#pragma once

#include <libpq-fe.h>

#include "job/kinds.h"
#include "plan/identity.h"

struct event {
	char key[NOTIFICATION_KEY_SIZE];
	char newer[NOTIFICATION_KEY_SIZE]; /* of the newer format; "": it has no other key */
	bool untold; /* another event is in its place */
};

void event_make(const struct kind *kind, const char *task_id, usec_t at, usec_t keys_from,
	struct event *ret_event);
/* Of one of several things of a task: its key is that of the kind "KIND/PART". */
void event_make_part(const struct kind *kind, const char *part, const char *task_id, usec_t at,
	usec_t keys_from, struct event *ret_event);
/* For statements: NULL where there is none. */
const char *event_newer(const struct event *event);

/* Takes what was met: key, kind, task and instant, from that column on. */
void event_meet(struct event *event, const struct kind *kind, const char *task_id, usec_t at,
	const PGresult *written, int row, int column);
