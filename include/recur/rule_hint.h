/* rule_hint: what somebody meant whose rule has a word that is none of ours: other libraries' words for the same
 * (freq, interval_count, byweekday, "week"), other capitals, slips (util/nearest.h).
 */
#pragma once

#include <stddef.h>

#include "util/strbuf.h"

enum rule_hint_of {
	HINT_KEY, /* of an object, or the name of a part of a text */
	HINT_VALUE
};

/* Appends ` (did you mean "frequency"?)`, one of names or what else is to be said; or nothing. */
void rule_hint(enum rule_hint_of of, const char *typed, const char *const *names, size_t n,
	struct strbuf *hint);
