/* place: where in the text of a rule the reason stands for which it does not work.  Pure.
 *
 * A reason begins with the path of what offends, "recurrence_rule.days[0]: expected mon...sun, got ...", or says "line 1,
 * column 28" of a text that is no JSON, or "character 7" of a sentence.  What is found is a range of bytes of the text.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "util/strbuf.h"

struct place {
	size_t from, to;
};

/* false: the reason names no place, or there is none such in the text. */
bool place_find(const char *text, const char *reason, struct place *ret_place) NODISCARD;
/* The text with the place marked, as HTML. */
void place_show(struct strbuf *out, const char *text, const char *reason);
