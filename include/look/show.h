/* show: instants, spans and numbers as the pages and recurctl top have them.
 *
 * Every time is of one zone, which the page names.  Pure.
 */
#pragma once

#include "recur/zone.h"
#include "util/strbuf.h"
#include "util/timefmt.h"

struct face {
	const struct zone *zone;
	usec_t now; /* business time, as the database has it */
};

#define SHOW_TEXT_MAX 64

bool show_is_finite(usec_t instant); /* no infinity, and not none */
/* "14:02:33" of today, "Mon 30 Nov 14:02" of other days, with the year where it is another; "-" for none.
 * Returns buf. */
const char *show_instant(const struct face *face, usec_t instant, char buf[static SHOW_TEXT_MAX]);
/* "Mon 30 Nov 2026 14:02:33 +01:00" */
const char *show_whole(const struct face *face, usec_t instant, char buf[static SHOW_TEXT_MAX]);
/* "in 2 s", "now", "3 d ago"; "" for none */
const char *show_distance(const struct face *face, usec_t instant, char buf[static SHOW_TEXT_MAX]);
/* "12 s", "3 ms", "2 h 5 min" */
const char *show_span(usec_t span, char buf[static SHOW_TEXT_MAX]);
/* "3,835"; capped: "1,000+" */
const char *show_count(int64_t n, bool capped, char buf[static SHOW_TEXT_MAX]);
const char *show_weekday(int weekday); /* "Mon"; 0 is Sunday */
const char *show_month(int month); /* "Nov"; 1 to 12 */
