/* convert: a series of a calendar as a rule of ours, and what of it a rule does not hold.
 *
 * A series is a VEVENT or VTODO that recurs, together with those instances of it that the file has apart
 * (RECURRENCE-ID), which become overrides.  What is read otherwise than it stands there, and what is left out,
 * is told in words.
 */
#pragma once

#include "ctl/convert/calendar.h"
#include "recur/recurrence.h"
#include "util/strbuf.h"

struct convert_options {
	sec_t time_of_day; /* of dates without one */
	const char
		*zone; /* of times that name none, for the meaning alone: the rule stays without */
};

struct conversion {
	char *uid, *title, *description; /* UTF-8; NULL: none */
	/* NULL: err says why there is none. */
	struct rule *rule;
	sec_t start; /* wall time */
	const struct zone *zone;
	char **notes;
	size_t notes_n;
	struct err err;
};

/* The caller frees what is in the result with conversion_finish. */
void convert_series(const struct calendar *calendar, const struct convert_options *options,
	const struct calendar_series *series, struct conversion *ret_conversion);
void conversion_finish(struct conversion *conversion); /* for CLEANUP */
