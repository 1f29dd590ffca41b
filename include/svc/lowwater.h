/* lowwater: from which instant on a poll looks for what is due.  Pure: times are arguments.
 *
 * What was served leaves dead entries at the low end of an index, and as long as some old transaction
 * holds its snapshot nobody can remove them: 200,000 make a poll cost 100 ms.  So, while full polls are
 * dear, polls start a minute below the oldest row that the last one found (or below its own instant), and a
 * full one comes now and then: rows that commit late, are resumed or dated back lie lower.
 */
#pragma once

#include <stdbool.h>

#include "util/timefmt.h"

#define LOWWATER_COSTS 3

enum lowwater_kind { LOWWATER_REMIND, LOWWATER_GENERATE, LOWWATER_REMINDERS, LOWWATER_KINDS };

struct lowwater {
	usec_t clean[LOWWATER_KINDS]; /* database's clock: nothing older was left */
	usec_t costs[LOWWATER_COSTS]; /* the server's time for the last full polls */
	usec_t full_at; /* monotonic: the next full one, while they are dear */
	bool known; /* a full one has come home */
};

void lowwater_reset(struct lowwater *water);
/* Whether the next poll must look everywhere. */
bool lowwater_full(const struct lowwater *water, usec_t monotonic);
/* Where a poll of that sort begins. */
usec_t lowwater_from(const struct lowwater *water, enum lowwater_kind kind, bool full);
/* A poll came home: its sort and what it cost the server. */
void lowwater_polled(struct lowwater *water, bool full, usec_t monotonic, usec_t cost);
/* Below `instant` it found nothing of that kind. */
void lowwater_clean(struct lowwater *water, enum lowwater_kind kind, usec_t instant);
