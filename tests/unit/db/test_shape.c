/* shape: a result that is not what its statement promises is told, with what was found instead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "db/results.h"
#include "db/shape.h"
#include "util/macros.h"

static const struct {
	const char *story, *promise;
	int n;
	Oid types[4];
	const char *complaint; /* NULL: none */
} cases[] = {
	{ "as promised", "text int8 timestamptz", 3, { TEXT, INT8, TIMESTAMPTZ }, NULL },
	{ "varchar and name travel as text", "text text text", 3, { 1043, 19, 1042 }, NULL },
	{ "either", "timestamp|timestamptz text", 2, { TIMESTAMPTZ, TEXT }, NULL },
	{ "neither", "timestamp|timestamptz text", 2, { INT8, TEXT },
		"column 1 of its result (c1) is int8, expected timestamp|timestamptz" },
	{ "no rows", "none", 0, { 0 }, NULL },
	{ "rows where none are expected", "none", 1, { INT8 },
		"its result has 1 columns, expected 0" },
	{ "anything", "any", 2, { TEXT, 600 }, NULL },
	{ "what a cursor gives", "cursor text int8", 2, { TEXT, INT8 }, NULL },
	{ "a cursor that gives something else", "cursor text int8", 2, { TEXT, INT4 },
		"column 2 of its result (c2) is int4, expected int8" },
	{ "an instant that has lost its zone", "int8 timestamptz", 2, { INT8, TIMESTAMP },
		"column 2 of its result (c2) is timestamp, expected timestamptz" },
	{ "a type that nobody knows", "text", 1, { 16385 },
		"column 1 of its result (c1) is type 16385, expected text" },
	{ "too few", "text text", 1, { TEXT }, "its result has 1 columns, expected 2" },
	{ "too many", "text", 2, { TEXT, TEXT }, "its result has 2 columns, expected 1" },
};

static void results_are_held_against_promises(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = { .text = "" };
		PGresult *result = result_make(cases[i].types, cases[i].n);
		bool good = shape_match(cases[i].promise, result, &err);
		PQclear(result);
		if (good != !cases[i].complaint)
			fail_msg("%s: %s", cases[i].story, good ? "passed" : err.text);
		if (!good && strcmp(err.text, cases[i].complaint) != 0)
			fail_msg("%s: \"%s\"", cases[i].story, err.text);
	}
}

static void text_is_not_binary(void **state)
{
	(void)state;
	struct err err;
	char name[] = "c";
	PGresAttDesc column = { .name = name, .format = 0, .typid = INT8 };
	PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
	PQsetResultAttrs(result, 1, &column);
	assert_false(shape_match("int8", result, &err));
	assert_string_equal(err.text, "column 1 of its result (c) is not binary");
	PQclear(result);
}

static void a_cursor_that_is_declared_gives_nothing_yet(void **state)
{
	(void)state;
	struct err err;
	PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_COMMAND_OK);
	assert_true(shape_match("cursor text int8", result, &err));
	assert_true(shape_match("none", result, &err));
	assert_false(shape_match("text", result, &err));
	PQclear(result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(results_are_held_against_promises),
		cmocka_unit_test(text_is_not_binary),
		cmocka_unit_test(a_cursor_that_is_declared_gives_nothing_yet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
