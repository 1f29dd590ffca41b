/* tell: the budget of log lines, and payloads that NOTIFY takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "job/tell.h"

/* ---- the budget ---- */

static int take_all(struct tell_rate *rate, usec_t now, int tries)
{
	int taken = 0;
	for (int i = 0; i < tries; i++)
		taken += tell_rate_take(rate, now);
	return taken;
}

static void a_second_holds_log_rate_lines(void **state)
{
	struct tell_rate rate = { 0 };
	usec_t now = 77 * USEC_PER_SEC;
	(void)state;
	tell_rate_set(&rate, 100., 100.);
	assert_int_equal(take_all(&rate, now, 1000), 100);
	assert_int_equal(take_all(&rate, now + USEC_PER_SEC / 2, 1000), 50);
	assert_int_equal(take_all(&rate, now + USEC_PER_SEC, 1000), 50);
}

static void a_long_silence_saves_up_no_more_than_a_second(void **state)
{
	struct tell_rate rate = { 0 };
	(void)state;
	tell_rate_set(&rate, 10., 10.);
	take_all(&rate, USEC_PER_SEC, 1000);
	assert_int_equal(take_all(&rate, 1000000 * USEC_PER_SEC, 1000), 10);
}

static void a_rate_of_zero_is_silence(void **state)
{
	struct tell_rate rate = { 0 };
	(void)state;
	tell_rate_set(&rate, 0., 0.);
	assert_int_equal(take_all(&rate, 1000 * USEC_PER_SEC, 10), 0);
}

/* ---- payloads ---- */

static json_t *parsed(struct tell_hint *hint)
{
	const char *text = tell_hint_text(hint);
	json_error_t error;
	assert_non_null(text);
	assert_true(strlen(text) < 8000);
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	if (!json)
		fail_msg("not JSON: %s: %s", error.text, text);
	return json;
}

static void nothing_to_tell_is_no_payload(void **state)
{
	struct tell_hint hint CLEANUP(tell_hint_free);
	(void)state;
	tell_hint_init(&hint, "reminder");
	assert_null(tell_hint_text(&hint));
}

static void a_few_are_named(void **state)
{
	struct tell_hint hint CLEANUP(tell_hint_free);
	(void)state;
	tell_hint_init(&hint, "reminder");
	tell_hint_add(&hint, "a");
	tell_hint_add(&hint, "b");
	assert_string_equal(tell_hint_text(&hint),
		"{\"kind\":\"reminder\",\"count\":2,\"tasks\":[\"a\",\"b\"]}");
}

static void ids_of_any_shape_come_back_as_they_were(void **state)
{
	static const char *const ids[] = { "", "\"", "\\", "a\"],\"count\":9", "\x01\n\t\x1f",
		"äö€😀", "\x7f", "</script>" };
	struct tell_hint hint CLEANUP(tell_hint_free);
	(void)state;
	tell_hint_init(&hint, "task_created");
	for (size_t i = 0; i < ARRAY_LEN(ids); i++)
		tell_hint_add(&hint, ids[i]);
	json_t *json = parsed(&hint);
	assert_int_equal(json_integer_value(json_object_get(json, "count")), ARRAY_LEN(ids));
	const json_t *tasks = json_object_get(json, "tasks");
	for (size_t i = 0; i < ARRAY_LEN(ids); i++)
		assert_string_equal(json_string_value(json_array_get(tasks, i)), ids[i]);
	json_decref(json);
}

/* Up to some number all are named; from there on it is a hint to read the table, never a cut list. */
static void what_does_not_fit_is_a_hint_to_read_the_table(void **state)
{
	bool overflowed = false;
	(void)state;
	for (int n = 150; n < 260; n++) {
		struct tell_hint hint CLEANUP(tell_hint_free);
		tell_hint_init(&hint, "task_created");
		for (int i = 0; i < n; i++) {
			char id[40];
			snprintf(id, sizeof(id), "01943b0e-9900-83a3-9b53-%012d", i);
			tell_hint_add(&hint, id);
		}
		json_t *json = parsed(&hint);
		const json_t *tasks = json_object_get(json, "tasks");
		bool more = json_is_true(json_object_get(json, "more"));
		assert_int_equal(json_integer_value(json_object_get(json, "count")), n);
		assert_true(more == (tasks == NULL));
		assert_true(more || json_array_size(tasks) == (size_t)n);
		assert_true(more || !overflowed);
		overflowed = more;
		json_decref(json);
	}
	assert_true(overflowed);
}

static void one_enormous_id_is_a_hint(void **state)
{
	static char id[20000];
	struct tell_hint hint CLEANUP(tell_hint_free);
	(void)state;
	memset(id, '\x01', sizeof(id) - 1);
	tell_hint_init(&hint, "reminder");
	tell_hint_add(&hint, id);
	tell_hint_add(&hint, "b");
	assert_string_equal(
		tell_hint_text(&hint), "{\"kind\":\"reminder\",\"count\":2,\"more\":true}");
}

/* A payload is converted for each listener; one whose encoding lacks a letter would get an error. */
static void hints_are_ascii(void **state)
{
	(void)state;
	struct tell_hint hint CLEANUP(tell_hint_free);
	tell_hint_init(&hint, "reminder");
	tell_hint_add(&hint, "ü\x7f🍎");
	assert_string_equal(tell_hint_text(&hint), "{\"kind\":\"reminder\",\"count\":1,\"tasks\":"
						   "[\"\\u00fc\\u007f\\ud83c\\udf4e\"]}");
}

static void bytes_that_are_no_text_are_not_named(void **state)
{
	(void)state;
	struct tell_hint hint CLEANUP(tell_hint_free);
	tell_hint_init(&hint, "reminder");
	tell_hint_add(&hint, "a");
	tell_hint_add(&hint, "M\xfcller");
	assert_string_equal(
		tell_hint_text(&hint), "{\"kind\":\"reminder\",\"count\":2,\"more\":true}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_second_holds_log_rate_lines),
		cmocka_unit_test(a_long_silence_saves_up_no_more_than_a_second),
		cmocka_unit_test(a_rate_of_zero_is_silence),
		cmocka_unit_test(nothing_to_tell_is_no_payload),
		cmocka_unit_test(a_few_are_named),
		cmocka_unit_test(ids_of_any_shape_come_back_as_they_were),
		cmocka_unit_test(what_does_not_fit_is_a_hint_to_read_the_table),
		cmocka_unit_test(one_enormous_id_is_a_hint),
		cmocka_unit_test(hints_are_ascii),
		cmocka_unit_test(bytes_that_are_no_text_are_not_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
