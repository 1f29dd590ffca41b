/* sniff: what a text is that is no calendar, by its first bytes, as people hand it over by mistake: an archive that
 * holds one, the page on which one signs in, a rule without its event.
 */
#pragma once

#include "recur/content.h"
#include "util/err.h"

/* true: it may be a calendar, or the lines of one event.  Else err says what it is and what was expected. */
bool sniff_calendar(struct slice text, struct err *err) NODISCARD;
