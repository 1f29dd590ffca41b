/* duration: spans of time as people write them, in the units of postgresql.conf: us, ms, s, min, h, d. */
#pragma once

#include <stdbool.h>

#include "util/strbuf.h"

/* A whole number and its unit: "90s", "5 min", "7d"; "0" needs none.  Nothing else, and nothing below 0. */
bool duration_parse(const char *text, usec_t *ret_duration) NODISCARD;
/* As duration_parse reads it again, in the largest unit that holds it whole: "90s", "5min".  Not below 0. */
void duration_format(usec_t duration, struct strbuf *buf);
/* For people, rounded down: the two largest units at most, from milliseconds up: "3h 20min", "-12s". */
void duration_tell(usec_t duration, struct strbuf *buf);
