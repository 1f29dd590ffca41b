/* Typed readers of binary results; see the header. */
#include "db/rows.h"

#include <string.h>

#include "util/mem.h"
#include "util/timefmt.h"

#define POSTGRES_EPOCH (INT64_C(946684800) * USEC_PER_SEC) /* 2000-01-01 */
#define YEAR_1         (INT64_C(-62135596800) * USEC_PER_SEC)
#define YEAR_10000     (INT64_C(253402300800) * USEC_PER_SEC)

static const unsigned char *fixed(const PGresult *result, int row, int column, int len)
{
	if (PQgetisnull(result, row, column) || PQgetlength(result, row, column) != len ||
		PQfformat(result, column) != 1)
		mem_abort("column %s of a result is not a binary value of %d bytes",
			PQfname(result, column), len);
	return (const unsigned char *)PQgetvalue(result, row, column);
}

static uint64_t be(const unsigned char *bytes, int len)
{
	uint64_t value = 0;
	for (int i = 0; i < len; i++)
		value = value << 8 | bytes[i];
	return value;
}

bool row_is_null(const PGresult *result, int row, int column)
{
	return PQgetisnull(result, row, column) != 0;
}

const char *row_text(const PGresult *result, int row, int column)
{
	return row_is_null(result, row, column) ? NULL : PQgetvalue(result, row, column);
}

size_t row_text_len(const PGresult *result, int row, int column)
{
	return (size_t)PQgetlength(result, row, column);
}

int32_t row_int4(const PGresult *result, int row, int column)
{
	return (int32_t)be(fixed(result, row, column, 4), 4);
}

int64_t row_int8(const PGresult *result, int row, int column)
{
	return (int64_t)be(fixed(result, row, column, 8), 8);
}

struct row_place row_place(const PGresult *result, int row, int column)
{
	struct row_place place;
	memcpy(place.bytes, fixed(result, row, column, sizeof(place.bytes)), sizeof(place.bytes));
	return place;
}

bool row_bool(const PGresult *result, int row, int column)
{
	return *fixed(result, row, column, 1) != 0;
}

double row_float8(const PGresult *result, int row, int column)
{
	uint64_t bits = be(fixed(result, row, column, 8), 8);
	double value;
	memcpy(&value, &bits, sizeof(value));
	return value;
}

static usec_t from_postgres(int64_t value)
{
	if (value == USEC_INFINITY || value == USEC_MINUS_INFINITY)
		return value;
	/* The last 30 years of PostgreSQL's range lie beyond ours. */
	return value > USEC_INFINITY - POSTGRES_EPOCH ? USEC_INFINITY : value + POSTGRES_EPOCH;
}

usec_t row_instant(const PGresult *result, int row, int column)
{
	return from_postgres(row_int8(result, row, column));
}

bool row_clock(const PGresult *result, int row, int column, usec_t *ret_now)
{
	if (row_is_null(result, row, column))
		return false;
	usec_t now = row_instant(result, row, column);
	if (now < YEAR_1 || now >= YEAR_10000)
		return false;
	*ret_now = now;
	return true;
}

usec_t row_wall_us(const PGresult *result, int row, int column)
{
	return from_postgres(row_int8(result, row, column));
}
