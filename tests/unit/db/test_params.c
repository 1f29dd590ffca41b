/* params: the bytes of PostgreSQL's binary formats, as its own send functions write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "db/params.h"
#include "util/timefmt.h"

/* The last parameter, in hex; "null" for NULL. */
static const char *last(const struct params *params)
{
	static char text[512];
	const char *values[PARAMS_MAX];
	int i = params->n - 1;
	params_values(params, values);
	if (!values[i])
		return "null";
	text[0] = '\0';
	for (int b = 0; b < params->lengths[i]; b++)
		snprintf(text + 2 * b, sizeof(text) - 2 * (size_t)b, "%02x",
			(unsigned char)values[i][b]);
	assert_int_equal(params->formats[i], 1);
	return text;
}

static void single_values(void **state)
{
	struct params params CLEANUP(params_free);
	(void)state;
	params_init(&params);
	params_int4(&params, -2);
	assert_string_equal(last(&params), "fffffffe");
	params_int8(&params, INT64_C(0x0102030405060708));
	assert_string_equal(last(&params), "0102030405060708");
	params_bool(&params, true);
	assert_string_equal(last(&params), "01");
	params_bool(&params, false);
	assert_string_equal(last(&params), "00");
	params_text(&params, "a€");
	assert_string_equal(last(&params), "61e282ac");
	params_text(&params, "");
	assert_string_equal(last(&params), "");
	params_text(&params, NULL);
	assert_string_equal(last(&params), "null");
	assert_int_equal(params.types[params.n - 1], 25);
	assert_int_equal(params.n, 7);
}

/* Microseconds since 2000-01-01, and two values for the infinities. */
static void instants(void **state)
{
	static const struct {
		usec_t value;
		const char *bytes;
	} cases[] = {
		{ INT64_C(946684800000000), "0000000000000000" },
		{ INT64_C(946684800000001), "0000000000000001" },
		{ INT64_C(946684799999999), "ffffffffffffffff" },
		{ 0, "fffca2fec4c82000" },
		{ USEC_INFINITY, "7fffffffffffffff" },
		{ USEC_MINUS_INFINITY, "8000000000000000" },
	};
	struct params params CLEANUP(params_free);
	(void)state;
	params_init(&params);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		params_instant(&params, cases[i].value);
		assert_string_equal(last(&params), cases[i].bytes);
	}
	params_wall(&params, INT64_C(946684801));
	assert_string_equal(last(&params), "00000000000f4240");
}

#define HEAD(nulls, oid) "00000001" nulls oid

static void arrays(void **state)
{
	static const char *const texts[] = { "a", NULL, "" };
	static const int64_t numbers[] = { 1, -1 };
	static const bool flags[] = { true, false };
	struct params params CLEANUP(params_free);
	(void)state;
	params_init(&params);
	params_texts(&params, texts, 3);
	assert_string_equal(last(&params), HEAD("00000001", "00000019") "0000000300000001"
									"0000000161"
									"ffffffff"
									"00000000");
	params_int8s(&params, numbers, 2);
	assert_string_equal(last(&params), HEAD("00000000", "00000014") "0000000200000001"
									"000000080000000000000001"
									"00000008ffffffffffffffff");
	params_bools(&params, flags, 2);
	assert_string_equal(last(&params), HEAD("00000000", "00000010") "0000000200000001"
									"0000000101"
									"0000000100");
	const usec_t when[] = { INT64_C(946684800000000), 0 };
	params_instants(&params, when, flags, 2);
	assert_string_equal(last(&params), HEAD("00000001", "000004a0") "0000000200000001"
									"000000080000000000000000"
									"ffffffff");
	const usec_t walls[] = { 0, INT64_C(946684801803600) };
	params_walls_us(&params, walls, NULL, 2);
	assert_string_equal(last(&params), HEAD("00000000", "0000045a") "0000000200000001"
									"00000008fffca2fec4c82000"
									"0000000800000000001b8550");
	const usec_t ends[] = { INT64_MIN, INT64_MAX };
	params_walls_us(&params, ends, NULL, 2);
	assert_string_equal(last(&params), HEAD("00000000", "0000045a") "0000000200000001"
									"000000088000000000000000"
									"000000087fffffffffffffff");
	const struct row_place places[] = { { { 0, 0, 0, 7, 0, 3 } } };
	params_places(&params, places, 1);
	assert_string_equal(last(&params), HEAD("00000000", "0000001b") "0000000100000001"
									"00000006000000070003");
	params_texts(&params, NULL, 0);
	assert_string_equal(last(&params), "000000000000000100000019");
}

/* Ids have hyphens, keys have none. */
static void uuids(void **state)
{
	static const char *const texts[] = { "01943b0e-9900-83a3-9b53-e64371ebcac9", NULL,
		"01943b0e990062d02e071413d07e7b8e" };
	struct params params CLEANUP(params_free);
	(void)state;
	params_init(&params);
	params_uuids(&params, texts, 3);
	assert_string_equal(last(&params),
		HEAD("00000001", "00000b86") "0000000300000001"
					     "0000001001943b0e990083a39b53e64371ebcac9"
					     "ffffffff"
					     "0000001001943b0e990062d02e071413d07e7b8e");
	params_uuids(&params, texts + 1, 1);
	assert_string_equal(last(&params), "000000000000000100000b86");
}

static void an_array_of_nulls_is_empty(void **state)
{
	static const char *const texts[] = { NULL, NULL };
	static const usec_t instants[] = { 1, 2 };
	static const bool absent[] = { false, false };
	struct params params CLEANUP(params_free);
	(void)state;
	params_init(&params);
	params_texts(&params, texts, 2);
	assert_string_equal(last(&params), "000000000000000100000019");
	params_instants(&params, instants, absent, 2);
	assert_string_equal(last(&params), "0000000000000001000004a0");
	params_walls_us(&params, instants, absent, 2);
	assert_string_equal(last(&params), "00000000000000010000045a");
}

/* Pointers stand although the buffer grew, and grew again. */
static void earlier_values_survive_later_ones(void **state)
{
	static char large[100000];
	struct params params CLEANUP(params_free);
	const char *values[PARAMS_MAX];
	(void)state;
	memset(large, 'x', sizeof(large) - 1);
	params_init(&params);
	params_text(&params, "first");
	params_text(&params, large);
	params_text(&params, NULL);
	params_text(&params, "last");
	params_values(&params, values);
	assert_memory_equal(values[0], "first", 5);
	assert_memory_equal(values[1], large, sizeof(large) - 1);
	assert_null(values[2]);
	assert_memory_equal(values[3], "last", 4);
	assert_int_equal(params.lengths[1], sizeof(large) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(single_values),
		cmocka_unit_test(instants),
		cmocka_unit_test(arrays),
		cmocka_unit_test(uuids),
		cmocka_unit_test(an_array_of_nulls_is_empty),
		cmocka_unit_test(earlier_values_survive_later_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
