/* ical: libical's iterator over the wall times of one pattern.  Inside recur/ only.
 *
 * The one place that knows libical; builds with 3.0 and 4.  Used where its answers are right and its
 * calls are bounded (ical_fits); walk.h has the rest.  Like a walk it knows nothing of zones (libical
 * expands in floating time here), COUNT and UNTIL.  libical ends in the year 2582: the caller goes
 * on with a walk from where it ended.
 */
#pragma once

#include "recur/pattern.h"

struct ical;

bool ical_fits(const struct pattern *pattern);
/* NULL: libical does not take the rule. */
struct ical *ical_open(const struct pattern *pattern);
void ical_close(struct ical *ical);
/* The following ical_next gives the first candidate that is not before wall; needed before the first
 * one, too.  False: not possible. */
bool ical_seek(struct ical *ical, sec_t wall);
bool ical_next(struct ical *ical, sec_t *ret_wall);
