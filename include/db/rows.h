/* rows: values of a PGresult in binary format, by column number.
 *
 * Types are right: shape.h has looked.  NULL is a value: NULL, 0, false, INSTANT_NONE, a place where no
 * row stands; row_is_null tells it from those, and counts a row that is not there as null.  What an application's columns may hold, however absurd,
 * has a meaning here.  Text stays owned by the result.
 */
#pragma once

#include <libpq-fe.h>
#include <stdbool.h>

#include "util/macros.h"
#include "util/timefmt.h"

bool row_is_null(const PGresult *result, int row, int column);
const char *row_text(const PGresult *result, int row, int column); /* NULL: null */
size_t row_text_len(const PGresult *result, int row, int column);
int32_t row_int4(const PGresult *result, int row, int column);
int64_t row_int8(const PGresult *result, int row, int column);
bool row_bool(const PGresult *result, int row, int column);
/* timestamptz; PostgreSQL's infinities, and what lies beyond our range, are USEC_INFINITY and
 * USEC_MINUS_INFINITY. */
usec_t row_instant(const PGresult *result, int row, int column);
/* Business time, recurd.now(), which an administrator may replace.  false: null, infinite, or so far off
 * that calculations with it would overflow; CLOCK_COMPLAINT says so. */
bool row_clock(const PGresult *result, int row, int column, usec_t *ret_now) NODISCARD;
#define CLOCK_COMPLAINT                                                                       \
	"recurd.now() gives no usable time: create or replace function recurd.now() returns " \
	"timestamptz language sql stable parallel safe return pg_catalog.now()"
/* Where recurd.keys_from(), which names the format of keys, gives no instant. */
#define KEYS_COMPLAINT                                                                   \
	"recurd.keys_from() gives no instant, so that no key can be made: run recurctl " \
	"migrate repair"
/* tid: where a row stands in its table, as PostgreSQL sends it. */
struct row_place {
	unsigned char bytes[6];
};
struct row_place row_place(const PGresult *result, int row, int column);
/* timestamp, in microseconds; the rest as for instants. */
usec_t row_wall_us(const PGresult *result, int row, int column);
