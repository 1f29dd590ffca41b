/* expand: one line of `recurctl expand`, from question to answer.
 *
 *	{"rule":{...},"start":"2025-01-01T09:00:00","timeZone":"Europe/Berlin","after":"...Z","n":5}
 *	{"occurrences":["2025-01-01T08:00:00Z",...]}  or  {"error":"..."}
 *
 * `rule` is what recurrence_rule holds.  `start` is wall time and may be left out where the rule has a
 * DTSTART; `timeZone` (default: default_zone) is for a rule that names none; `after` is an instant,
 * exclusive; `n` is 1 to EXPAND_N_MAX, default 10.  Occurrences come in the order of time, moved ones
 * where they are moved to, excluded ones not at all; those that fall on a day off where the ground shifts
 * them, and `after` goes by that.  Always exactly one answer, without a newline.
 */
#pragma once

#include "plan/policies.h"
#include "recur/calendars.h"
#include "util/strbuf.h"

#define EXPAND_LINE_MAX   (256 * 1024)
#define EXPAND_N_MAX      100000
#define EXPAND_ANSWER_MAX (32 * EXPAND_N_MAX)

/* What all lines go by. */
struct expand_ground {
	const char *default_zone;
	const struct calendars *calendars; /* that rules may name; NULL: none */
	const struct workdays *workdays; /* by which occurrences are shifted */
	enum policy_shift shift;
};

void expand_line(
	const char *line, size_t len, const struct expand_ground *ground, struct strbuf *answer);
/* The answer for a line that could not even be read. */
void expand_refuse(const char *reason, struct strbuf *answer);
