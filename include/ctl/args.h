/* args: values that options of recurctl take. */
#pragma once

#include <stdbool.h>

#include "util/err.h"

/* A whole number from min to max. */
bool arg_count(
	const char *text, int64_t min, int64_t max, int64_t *ret_count, struct err *err) NODISCARD;
/* As in recurd.conf (util/duration.h): "90s", "5min", "2h", "7d"; "0" needs no unit. */
bool arg_span(const char *text, usec_t *ret_span, struct err *err) NODISCARD;
/* RFC 3339. */
bool arg_instant(const char *text, usec_t *ret_instant, struct err *err) NODISCARD;

/* How far to look: an instant, a date ("2027-01-01": to its end, in UTC), or a span from the database's
 * clock ("30d"). */
struct arg_bound {
	bool is_span;
	usec_t value; /* instant, the last that is meant; or span */
};
bool arg_bound(const char *text, struct arg_bound *ret_bound, struct err *err) NODISCARD;
/* The same from where on to look: a date is its begin; which way a span goes is up to the caller. */
bool arg_begin(const char *text, struct arg_bound *ret_begin, struct err *err) NODISCARD;
