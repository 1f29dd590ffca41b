/* zone_lacks: names of time zones for which this machine has no file, or none that can be read as a zone.
 *
 * Such a name may be nobody's, and then its rule is wrong; or others have it, and then it is this machine's time
 * zone data that are too old.  Files cannot say which of the two it is.  Who can ask others, a worker its database,
 * opens this: from then on zone_load fails for a name that nobody was asked about, or that others have, as of
 * something that passes (err.passing).  zone_lacks_unasked says what to ask, zone_lacks_judge takes the answer,
 * and what is nobody's fails as ever, until the next look (zones_refresh), after which it is asked anew.
 *
 * Names are compared without regard to case, as PostgreSQL does it.  For the whole process, as zones are.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "util/err.h"

void zone_lacks_open(void);
void zone_lacks_close(void);

/* For zone_load, which failed for this reason: what follows from it. */
void zone_lacks_take(const char *name, const char *dir, struct err *why);
/* For zones_refresh: what has come, and what was nobody's, is forgotten. */
void zone_lacks_refresh(void);

/* What zone_load failed for since it was begun, unless it is nobody's; NULL: nothing. */
void zone_lacks_begin(void);
const char *zone_lacks_met(void);
bool zone_lacks_is_unasked(const char *name);

/* Up to size names that nobody was asked about. */
size_t zone_lacks_unasked(const char **names, size_t size);
/* true: that others have it is new. */
bool zone_lacks_judge(const char *name, bool others_have);
/* The names that others have; NULL: fewer than that. */
const char *zone_lacks_at(size_t index);

#define ZONE_LACKS_MAX 256 /* names that are kept; of more, those that are nobody's are forgotten */
