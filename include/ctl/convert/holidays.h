/* holidays: the days of a calendar of ours (recur/workdays.h) out of an iCalendar file.
 *
 * Each event that covers whole days is one: those that recur with their rule, which is not copied into days.  What
 * covers no whole day, a meeting among the holidays, is none; what cannot be taken is left out, and told.
 */
#pragma once

#include "recur/workdays.h"
#include "util/err.h"

#define HOLIDAY_NAME_MAX 200 /* bytes; the rest is cut off */

struct holiday {
	char *name;
	int64_t first;
	int span;
	char *rule; /* JSON; NULL: there once */
};

struct holidays {
	struct holiday *list; /* in the order of their days and names, each of these once */
	size_t n, size;
	char **left; /* what was left out, and why */
	size_t left_n;
};

/* false: it is no such file, or only a part of one.  Zones must be open. */
bool holidays_read(
	const char *data, size_t len, struct holidays *ret_holidays, struct err *err) NODISCARD;
void holidays_finish(struct holidays *holidays); /* accepts a zeroed one; for CLEANUP */
