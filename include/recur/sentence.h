/* sentence: a rule in English, which is what rule_describe() prints, read back, and what people type in its place:
 * "every month on the last Friday at 09:00, Europe/Berlin, 12 times", "every weekday at 9", "ev other tue 5pm".
 *
 * For rules that come from a hand, not for those that are stored: recurd-rule(7) has the language.  Clauses come in
 * any order; whatever could mean two things is refused with both of them.  What the sentence leaves open is left
 * open in the rule, but for the minutes and seconds of a rule by hours: "every hour" is on the hour.
 */
#pragma once

#include <stdbool.h>

#include "util/err.h"

struct rule;

/* By its shape: neither JSON, nor an RRULE or content lines, nor cron's fields. */
bool sentence_is(const char *text);
/* err has the place: `recurrence_rule: character 7, "tusday": expected ..., got ...`.  Owner of the result: rule_free. */
bool sentence_parse(const char *text, struct rule **ret_rule, struct err *err) NODISCARD;
