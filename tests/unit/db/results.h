/* results: made by hand, as a server would send them. */
#pragma once

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { BOOL = 16, INT8 = 20, INT4 = 23, TEXT = 25, TID = 27, TIMESTAMP = 1114, TIMESTAMPTZ = 1184 };

/* Binary; names are "c1", "c2" and so on. */
static inline PGresult *result_make(const Oid *types, int n)
{
	static char names[][4] = { "c1", "c2", "c3", "c4" };
	PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
	PGresAttDesc attributes[4] = { 0 };
	assert_in_range(n, 0, 4);
	for (int i = 0; i < n; i++)
		attributes[i] = (PGresAttDesc){ .name = names[i], .format = 1, .typid = types[i] };
	if (n > 0)
		assert_int_equal(PQsetResultAttrs(result, n, attributes), 1);
	return result;
}

/* bytes NULL: null. */
static inline void result_set(PGresult *result, int row, int column, const void *bytes, int len)
{
	char copy[64];
	assert_in_range(len, 0, sizeof(copy));
	if (bytes)
		memcpy(copy, bytes, (size_t)len);
	assert_int_equal(PQsetvalue(result, row, column, bytes ? copy : NULL, bytes ? len : -1), 1);
}
