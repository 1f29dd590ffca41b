/* rows: whatever a column holds has a meaning, null and the absurd among it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "db/results.h"
#include "db/rows.h"
#include "util/macros.h"

#define POSTGRES_EPOCH (INT64_C(946684800) * USEC_PER_SEC)

static PGresult *one(Oid type, const void *bytes, int len)
{
	PGresult *result = result_make(&type, 1);
	result_set(result, 0, 0, bytes, len);
	return result;
}

static PGresult *one_int8(Oid type, int64_t value)
{
	unsigned char bytes[8];
	for (int i = 0; i < 8; i++)
		bytes[i] = (unsigned char)((uint64_t)value >> (56 - 8 * i));
	return one(type, bytes, 8);
}

static void check_nothing(const PGresult *result, int row, int column)
{
	static const unsigned char nowhere[6];
	usec_t now = 1;
	assert_true(row_is_null(result, row, column));
	assert_null(row_text(result, row, column));
	assert_int_equal(row_text_len(result, row, column), 0);
	assert_int_equal(row_int4(result, row, column), 0);
	assert_int_equal(row_int8(result, row, column), 0);
	assert_false(row_bool(result, row, column));
	assert_true(row_instant(result, row, column) == INSTANT_NONE);
	assert_true(row_wall_us(result, row, column) == INSTANT_NONE);
	assert_false(row_clock(result, row, column, &now));
	assert_int_equal(now, 1);
	struct row_place place = row_place(result, row, column);
	assert_memory_equal(place.bytes, nowhere, sizeof(nowhere));
}

static void null_is_a_value(void **state)
{
	(void)state;
	PGresult *result = one(INT8, NULL, 0);
	check_nothing(result, 0, 0);
	check_nothing(result, 1, 0); /* there is no such row */
	PQclear(result);
}

static void a_value_of_another_length_is_none(void **state)
{
	(void)state;
	PGresult *result = one(INT8, "abc", 3);
	assert_int_equal(row_int4(result, 0, 0), 0);
	assert_int_equal(row_int8(result, 0, 0), 0);
	assert_false(row_bool(result, 0, 0));
	assert_true(row_instant(result, 0, 0) == INSTANT_NONE);
	assert_int_equal(row_place(result, 0, 0).bytes[0], 0);
	PQclear(result);
}

static void values_are_read(void **state)
{
	(void)state;
	PGresult *result = one_int8(INT8, -5);
	assert_true(row_int8(result, 0, 0) == -5);
	PQclear(result);
	result = one(INT4, "\xff\xff\xff\xfe", 4);
	assert_int_equal(row_int4(result, 0, 0), -2);
	PQclear(result);
	result = one(BOOL, "\1", 1);
	assert_true(row_bool(result, 0, 0));
	PQclear(result);
	result = one(TEXT, "", 0);
	assert_false(row_is_null(result, 0, 0));
	assert_string_equal(row_text(result, 0, 0), "");
	PQclear(result);
	result = one(TID, "\0\0\0\7\0\3", 6);
	assert_memory_equal(row_place(result, 0, 0).bytes, "\0\0\0\7\0\3", 6);
	PQclear(result);
}

static void instants_beyond_our_range_are_infinite(void **state)
{
	static const struct {
		int64_t stored;
		usec_t instant;
		bool is_clock;
	} cases[] = {
		{ 0, POSTGRES_EPOCH, true }, { INT64_MAX, USEC_INFINITY, false },
		{ INT64_MIN, USEC_MINUS_INFINITY, false },
		{ INT64_C(9223371331199999999), USEC_INFINITY, false }, /* year 294276 */
		{ USEC_INFINITY - POSTGRES_EPOCH, USEC_INFINITY, false },
		{ USEC_INFINITY - POSTGRES_EPOCH - 1, USEC_INFINITY - 1, false },
		{ INT64_C(-211813488000000000), INT64_C(-211813488000000000) + POSTGRES_EPOCH,
			false }, /* 4713 BC */
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		usec_t now;
		PGresult *result = one_int8(TIMESTAMPTZ, cases[i].stored);
		assert_true(row_instant(result, 0, 0) == cases[i].instant);
		assert_true(row_wall_us(result, 0, 0) == cases[i].instant);
		assert_int_equal(row_clock(result, 0, 0, &now), cases[i].is_clock);
		PQclear(result);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(null_is_a_value),
		cmocka_unit_test(a_value_of_another_length_is_none),
		cmocka_unit_test(values_are_read),
		cmocka_unit_test(instants_beyond_our_range_are_infinite),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
