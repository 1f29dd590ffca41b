/* Typed readers of binary results; see the header. */
#include "db/rows.h"

#include <string.h>

#define YEAR_1     (INT64_C(-62135596800) * USEC_PER_SEC)
#define YEAR_10000 (INT64_C(253402300800) * USEC_PER_SEC)

bool row_is_null(const PGresult *result, int row, int column)
{
	return row >= PQntuples(result) || PQgetisnull(result, row, column);
}

/* NULL: null, or not of this length, which the shape of a result rules out. */
static const unsigned char *fixed(const PGresult *result, int row, int column, int len)
{
	if (row_is_null(result, row, column) || PQgetlength(result, row, column) != len)
		return NULL;
	return (const unsigned char *)PQgetvalue(result, row, column);
}

/* Big-endian; NULL is 0. */
static uint64_t be(const unsigned char *bytes, int len)
{
	uint64_t value = 0;
	for (int i = 0; bytes && i < len; i++)
		value = value << 8 | bytes[i];
	return value;
}

const char *row_text(const PGresult *result, int row, int column)
{
	return row_is_null(result, row, column) ? NULL : PQgetvalue(result, row, column);
}

size_t row_text_len(const PGresult *result, int row, int column)
{
	return row_is_null(result, row, column) ? 0 : (size_t)PQgetlength(result, row, column);
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
	struct row_place place = { 0 };
	const unsigned char *bytes = fixed(result, row, column, sizeof(place.bytes));
	if (bytes)
		memcpy(place.bytes, bytes, sizeof(place.bytes));
	return place;
}

bool row_bool(const PGresult *result, int row, int column)
{
	return be(fixed(result, row, column, 1), 1) != 0;
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
	const unsigned char *bytes = fixed(result, row, column, 8);
	return bytes ? from_postgres((int64_t)be(bytes, 8)) : INSTANT_NONE;
}

bool row_clock(const PGresult *result, int row, int column, usec_t *ret_now)
{
	usec_t now = row_instant(result, row, column);
	if (now < YEAR_1 || now >= YEAR_10000)
		return false;
	*ret_now = now;
	return true;
}

usec_t row_wall_us(const PGresult *result, int row, int column)
{
	return row_instant(result, row, column);
}
