/* months: calendars of whole months, their days marked.  Pure. */
#pragma once

#include "util/strbuf.h"
#include "util/timefmt.h"

enum day_mark {
	DAY_PLAIN,
	DAY_COMES, /* there is something to come */
	DAY_NOT, /* was not made */
	DAY_MADE,
};

struct day {
	enum day_mark mark;
	int n;
	char why[80]; /* of one that was not made */
};

#define MONTHS_DAYS_MAX 160

struct months {
	int year, month; /* the first of them */
	int n;
	int64_t first, today; /* days since 1970 */
	struct day days[MONTHS_DAYS_MAX];
};

/* n months, at most 5; the first is that of `wall`, or so many before it. */
void months_begin(struct months *months, sec_t wall_today, sec_t wall, int before, int n);
/* Where the same day has several marks, what was not made is seen, then what was. */
void months_mark(struct months *months, sec_t wall, enum day_mark mark, const char *why);
sec_t months_end(const struct months *months); /* wall time */
void months_show(struct strbuf *out, const struct months *months);
