/* timefmt: instants and wall times as text (RFC 3339), and the proleptic Gregorian calendar.
 *
 * Pure: no clock, no zone, no locale.  Years -9999 to 9999 are printed; PostgreSQL's infinities
 * (USEC_INFINITY, USEC_MINUS_INFINITY) print as "infinity" and "-infinity", no instant as "none".
 */
#pragma once

#include <stdbool.h>

#include "util/err.h"

#define USEC_INFINITY       INT64_MAX
#define USEC_MINUS_INFINITY INT64_MIN
#define INSTANT_NONE        (INT64_MIN + 1) /* there is none: null in the database */
#define INSTANT_TEXT_MAX    40
/* 2000-01-01, from which PostgreSQL counts. */
#define POSTGRES_EPOCH (INT64_C(946684800) * USEC_PER_SEC)

/* "2025-02-03T10:00:00Z", with .uuuuuu only where there are microseconds.  Returns buf. */
const char *instant_format(usec_t instant, char buf[static INSTANT_TEXT_MAX]);
/* "2025-02-03T10:00:00", no zone. */
const char *wall_format(sec_t wall, char buf[static INSTANT_TEXT_MAX]);
/* RFC 3339 with Z or an offset; nothing else, no blanks, no trailing bytes. */
bool instant_parse(const char *text, usec_t *ret_instant, struct err *err) NODISCARD;
/* "2025-02-03T10:00:00" (also "2025-02-03 10:00:00"): date and time without a zone. */
bool wall_parse(const char *text, sec_t *ret_wall, struct err *err) NODISCARD;

struct civil {
	int year, month, day; /* month 1..12, day 1..31 */
	int hour, minute, second; /* second 0..59: no leap seconds */
};

struct civil civil_from_wall(sec_t wall);
sec_t wall_from_civil(const struct civil *civil); /* fields must be in range */
int64_t days_from_civil(int year, int month, int day); /* since 1970-01-01 */
int days_in_month(int year, int month);
int weekday_from_days(int64_t days); /* 0 = Sunday ... 6 = Saturday */

/* Whole seconds, rounded towards minus infinity. */
sec_t sec_from_usec(usec_t instant);
