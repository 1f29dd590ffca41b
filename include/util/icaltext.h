/* icaltext: content lines of iCalendar (RFC 5545), as calendar programs read them.
 *
 * Texts are what users wrote: escaped, bytes that are not UTF-8 and control characters replaced, lines folded behind
 * 75 bytes, never within a character.
 */
#pragma once

#include "util/strbuf.h"

/* "NAME:text", its text escaped.  NULL: no line. */
void icaltext_add(struct strbuf *out, const char *name, const char *text);
/* The same of texts with commas between them. */
void icaltext_add_list(
	struct strbuf *out, const char *name, const char *const *texts, size_t texts_n);
/* "NAME:20270131T120000Z", in whole seconds. */
void icaltext_add_instant(struct strbuf *out, const char *name, usec_t instant);
/* "NAME;TZID=zone:20270131T130000" */
void icaltext_add_wall(struct strbuf *out, const char *name, const char *zone, sec_t wall);
