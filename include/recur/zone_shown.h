/* zone_shown: the names under which Windows and Exchange show their zones.  For zone_names.c. */
#pragma once

#include "util/macros.h"

/* "(UTC+01:00) Amsterdam, Berlin, Bern, ..." to "W. Europe Standard Time".  Which places are listed, and how
 * they are separated, has changed from one edition to the next: the first one and the offset that stands before
 * it name the zone.  NULL: not shown so. */
const char *zone_shown_windows(const char *text);
/* The zones of Windows, some of them more than once; NULL: fewer than that. */
const char *zone_shown_at(size_t index);
