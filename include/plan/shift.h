/* shift: where an occurrence goes that falls on a day off, by the policies `calendar` and `shift`.
 *
 * The day is that of the series' zone; the time of day stays, as far as the day has it (zone.h).  What is shifted
 * keeps its identity, and two that meet on one day stay two.
 *
 * Later occurrences are never made before earlier ones.  Where there are several a day, some of which come to
 * another day, the times of day would break that: of a day that others may come to, all are made when it begins.
 * When they are due remains as it is.
 */
#pragma once

#include <stdbool.h>

#include "plan/policies.h"
#include "recur/workdays.h"
#include "recur/zone.h"

struct shift {
	const struct workdays *workdays; /* NULL: nothing is shifted */
	const struct zone *zone;
	enum policy_shift how;
	bool several; /* there may be more than one a day */
};

struct shifted {
	bool skipped; /* SHIFT_SKIP; or there is no working day to go to, see WORKDAYS_REACH */
	usec_t due;
	usec_t early; /* made so long before that */
};

/* What a decision says of it; policies: NULL has no words. */
const char *policy_shift_words(const struct policies *policies);

struct shifted shift_move(const struct shift *shift, usec_t stands);
/* The same of one that stands so much later than its time of day because the clock skips that: on another day it has
 * its time. */
struct shifted shift_move_skipped(const struct shift *shift, usec_t stands, usec_t gap);
/* How far before an instant something may stand that is due at it, or later. */
usec_t shift_reach(const struct shift *shift, usec_t instant);
