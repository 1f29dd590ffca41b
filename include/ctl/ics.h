/* ics: events as an iCalendar file (RFC 5545), as calendar programs read it.
 *
 * Events, not to-dos: whoever wants to see in a calendar what will come sees nothing of to-dos in most of them.
 * Times are in UTC.  Lines are those of util/icaltext.h.
 */
#pragma once

#include <stdio.h>

#include "util/macros.h"

struct ics_event {
	const char *uid; /* the same for the same event, whenever the file is made */
	usec_t stamp; /* when the file was made */
	usec_t at;
	const char *summary; /* NULL: none */
	const char *category;
};

void ics_begin(FILE *out);
void ics_event(FILE *out, const struct ics_event *event);
void ics_end(FILE *out);
/* One content line. */
void ics_line(FILE *out, const char *name, const char *text);
