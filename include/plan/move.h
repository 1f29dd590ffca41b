/* move: a series whose template goes by another time zone than before, because its user moved, the default
 * changed, or the rule's timeZone did.
 *
 * An occurrence of a series is a local date and time.  Instants are what these come to under the zone of
 * today: when the zone changes, instants move and occurrences stay.  So the one that was to come next is the
 * one that comes next, at its wall time in the new zone, and every local date and time of the series is made
 * once: what was made already does not come again where the clock is behind (a user who went west), and what
 * the new clock has passed (a user who went east) is late, and made at once.
 *
 * The identity of an occurrence in the database is still an instant (occurrence_at, and what is derived of it),
 * and two local times of a moved series can come to the same one: 09:00 in London, then 10:00 in Berlin.
 * So the microseconds of the identity, zero otherwise, tell the zone's offset of those that a move makes late:
 * MOVE_CODE + seconds east of UTC.  What comes due later has an instant that nothing was made of before.
 * Instants are compared in whole seconds everywhere, so nothing else sees it.  While such late ones are worked
 * off over several plans, made_through has its code too, and the next plan knows.
 *
 * For this folder alone.
 */
#pragma once

#include "plan/start.h"

#define MOVE_CODE \
	800000 /* microseconds; offsets are less than a day and two hours to either side */

/* Whether the template of `start` has moved, and where it goes on then: moved, coded, moved_to,
 * not_before and made_through.  Its recurrence is open, its standing known.  false: as start_find. */
bool move_find(struct start *start, struct err *err) NODISCARD;
/* Whether that occurrence, of the set as it is now, is one that the series has passed. */
bool move_passed(const struct start *start, const struct occurrence *found);
/* The identity of the occurrence at that instant; fixed: no zone moves it. */
usec_t move_identity(const struct start *start, usec_t nominal, bool fixed);
/* What is to be remembered as made_through, where `through` was the last that was dealt with; finished: nothing
 * that is late is left. */
usec_t move_made_through(const struct start *start, usec_t through, bool finished);
