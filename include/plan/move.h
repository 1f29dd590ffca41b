/* move: a series whose template goes by another time zone than before, because its user moved, the default
 * changed, or the rule's timeZone did.
 *
 * An occurrence of a series is a local date and time.  Instants are what these come to under the zone of
 * today: when the zone changes, instants move and occurrences stay.  So the one that was to come next is the
 * one that comes next, at its wall time in the new zone, and every local date and time of the series is made
 * once: what was made already does not come again where the clock is behind (a user who went west), and what
 * the new clock has passed (a user who went east) is late, and made at once.
 *
 * Two questions are asked of what was made last, and a move answers them differently.  Whether an instant is
 * history (the application writes next_due_at, an override adds an instant) is a matter of true time: made_through
 * is the latest instant at which something was made or dropped, whatever the clocks said.  How far the series has
 * come is a matter of its local time, `made_wall`.  Mostly the latter is what the zone says of the former.  Where
 * it is not, because the clock was put back or has leapt ahead since, the template is `bounded`, and the
 * microseconds of starts_local, zero otherwise, tell it: MOVE_CODE + (made_wall - made_through), in seconds.
 * They stand there because an application's next_due_at, and so a made_through of before, may have microseconds
 * of its own.
 *
 * The identity of an occurrence in the database is still an instant (occurrence_at, and what is derived of it),
 * and two local times of a moved series can come to the same one: 09:00 in London, then 10:00 in Berlin.
 * So the microseconds of the identity, zero otherwise, tell the zone's offset of those that a move makes late and
 * that stand at an instant up to made_through: MOVE_CODE + seconds east of UTC.  What comes later has an instant
 * that nothing was made of before.  Instants are compared in whole seconds everywhere, so nothing else sees it.
 *
 * For this folder alone.
 */
#pragma once

#include "plan/plan.h"
#include "plan/start.h"

#define MOVE_CODE \
	800000 /* microseconds; offsets are less than a day and two hours to either side */

/* What was made last: made, made_wall, zone_before and bounded.  The zone is known.  false: as start_find. */
bool move_read(struct start *start, struct err *err) NODISCARD;
/* Whether what recurd planned at that instant was made already. */
bool move_made_planned(const struct start *start, usec_t planned);
/* Whether the template has moved, and where it goes on then: moved, moved_to, not_before and made_through.
 * Its recurrence is open, its standing known.  false: as start_find. */
bool move_find(struct start *start, struct err *err) NODISCARD;
/* The instant after which all lies that the series may still have to make. */
sec_t move_after_made(const struct start *start);
/* Whether that occurrence, of the set as it is now, is one that the series has passed. */
bool move_passed(const struct start *start, const struct occurrence *found);
/* The identity of the occurrence at that instant; fixed: no zone moves it. */
usec_t move_identity(const struct start *start, usec_t nominal, bool fixed);
/* What is to be remembered of what was made last: plan->made_through was so far the last that was dealt with, if
 * anything was. */
void move_remember(const struct start *start, bool anything, struct plan *plan);
