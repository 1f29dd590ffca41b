/* parking: who waits, until when, and who gives way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "job/parking.h"

#define MS USEC_PER_MSEC

static void nobody_is_parked_at_first(void **state)
{
	struct parking parking = { 0 };
	(void)state;
	assert_null(parking_take(&parking, INT64_MAX));
	assert_int_equal(parking_next(&parking), 0);
	parking_remove(&parking, "nobody");
	assert_int_equal(parking.n, 0);
}

static void a_parked_user_is_due_after_the_pause_and_not_before(void **state)
{
	struct parking parking = { 0 };
	(void)state;
	parking_add(&parking, "anna", PARKED_HELD, 0, 1000);
	usec_t at = parking_next(&parking);
	assert_true(at > 1000);
	assert_null(parking_take(&parking, at - 1));
	assert_string_equal(parking_take(&parking, at)->user_id, "anna");
	parking_remove(&parking, "anna");
	assert_null(parking_take(&parking, INT64_MAX));
	parking_clear(&parking);
}

static void the_pause_doubles_up_to_its_limit_and_starts_anew_after_removal(void **state)
{
	static const usec_t pauses[] = { 200 * MS, 400 * MS, 800 * MS, 1600 * MS, 2000 * MS,
		2000 * MS };
	struct parking parking = { 0 };
	usec_t now = 5;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pauses); i++) {
		parking_add(&parking, "anna", PARKED_HELD, 0, now);
		assert_int_equal(parking.n, 1);
		assert_int_equal(parking_next(&parking) - now, pauses[i]);
		now = parking_next(&parking);
	}
	parking_remove(&parking, "anna");
	parking_add(&parking, "anna", PARKED_HELD, 0, now);
	assert_int_equal(parking_next(&parking) - now, pauses[0]);
	parking_clear(&parking);
}

static void the_soonest_is_due_first(void **state)
{
	struct parking parking = { 0 };
	const char *ids[PARKING_MAX];
	(void)state;
	parking_add(&parking, "late", PARKED_HELD, 0, 300 * MS);
	parking_add(&parking, "soon", PARKED_HELD, 0, 0);
	parking_add(&parking, "middle", PARKED_HELD, 0, 100 * MS);
	assert_int_equal(parking_next(&parking), 200 * MS);
	assert_string_equal(parking_take(&parking, 900 * MS)->user_id, "soon");
	parking_remove(&parking, "soon");
	assert_string_equal(parking_take(&parking, 900 * MS)->user_id, "middle");
	assert_int_equal(parking_ids(&parking, ids), 2);
	parking_clear(&parking);
	assert_int_equal(parking_ids(&parking, ids), 0);
}

/* Every user that an application could hold is bounded; who gives way will be met again. */
static void when_all_places_are_taken_the_oldest_gives_way(void **state)
{
	struct parking parking = { 0 };
	const char *ids[PARKING_MAX];
	char name[32];
	(void)state;
	for (int i = 0; i < PARKING_MAX + 3; i++) {
		snprintf(name, sizeof(name), "user-%d", i);
		parking_add(&parking, name, PARKED_HELD, 0, i);
	}
	assert_int_equal(parking_ids(&parking, ids), PARKING_MAX);
	assert_string_equal(ids[0], "user-3");
	assert_string_equal(ids[PARKING_MAX - 1], name);
	parking_clear(&parking);
}

/* The server was ill for an hour, every session ended, and who had been tried alone came up to ten
 * minutes after it was well. */
static void a_pause_may_grow_only_while_others_succeed(void **state)
{
	struct parking parking = { 0 };
	(void)state;
	for (int i = 0; i < 5; i++)
		parking_add(&parking, "anna", PARKED_LOST, 0, 0);
	assert_int_equal(parking_next(&parking), 30 * 1000 * MS);
	parking.worked++;
	parking_add(&parking, "anna", PARKED_LOST, 0, 0);
	assert_int_equal(parking_next(&parking), 60 * 1000 * MS);
	parking_clear(&parking);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_is_parked_at_first),
		cmocka_unit_test(a_parked_user_is_due_after_the_pause_and_not_before),
		cmocka_unit_test(the_pause_doubles_up_to_its_limit_and_starts_anew_after_removal),
		cmocka_unit_test(the_soonest_is_due_first),
		cmocka_unit_test(when_all_places_are_taken_the_oldest_gives_way),
		cmocka_unit_test(a_pause_may_grow_only_while_others_succeed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
