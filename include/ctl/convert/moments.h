/* moments: the dates and times of one series of a calendar, as its rule has them.  For convert.c.
 *
 * DTSTART names the zone; times of others become instants.  A date without a time takes the start's time of
 * day, or, where the start has none, the one that was asked for.
 */
#pragma once

#include "ctl/convert/convert.h"

struct moments {
	const struct calendar *calendar;
	sec_t time_of_day;
	const char *default_zone;
	struct conversion *conversion; /* for its notes */
	bool all_day; /* DTSTART is a date */
	sec_t start; /* wall time */
	char *zone_name; /* NULL: floating */
	const struct zone *zone; /* of zone_name, or the default */
	struct slice last_id; /* the TZID that was asked for last, and what it was */
	char *last_name;
	sec_t from, to; /* what a VTIMEZONE must agree over */
};

struct moment {
	sec_t wall; /* in the rule's zone */
	bool is_date; /* all of a local date, of which wall is the first second */
	bool is_instant; /* the rule names no zone, and this one does: wall is an instant */
};

/* until: the RRULE's value. */
bool moments_start(struct moments *moments, const struct content *start, struct slice until,
	struct err *err) NODISCARD;
/* One value of a line. */
bool moments_read(struct moments *moments, const struct content *content, struct slice value,
	struct moment *ret_moment, struct err *err) NODISCARD;
/* Appends a content line. */
void moments_print(const struct moment *moment, const char *name, struct strbuf *lines);
void moments_print_start(const struct moments *moments, struct strbuf *lines);
void moments_finish(struct moments *moments);

void conversion_note(struct conversion *conversion, const char *fmt, ...) PRINTF(2, 3);
/* A TEXT value without its escapes.  Owner: free. */
char *convert_text(struct slice value);
