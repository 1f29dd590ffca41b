/* vzone: the time zone that a TZID of a calendar means, in the names of the IANA database.
 *
 * By its name, as zone_names.h reads it; else by what the calendar's VTIMEZONE says of its name
 * (X-LIC-LOCATION); else by its offsets: a zone whose clocks agree with the VTIMEZONE's on every day of a span,
 * of those that Windows knows, a fixed offset first.
 */
#pragma once

#include "ctl/convert/calendar.h"
#include "util/strbuf.h"

/* from, to: the span, as instants.  note: how it was found, where the name does not say it; empty otherwise.
 * Owner of the result: free. */
bool vzone_find(const struct calendar *calendar, struct slice id, sec_t from, sec_t to,
	char **ret_name, struct strbuf *note, struct err *err) NODISCARD;
