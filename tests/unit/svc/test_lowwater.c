/* lowwater: when polls are bounded, where they begin, when a full one comes again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "svc/lowwater.h"

#define MS  USEC_PER_MSEC
#define SEC USEC_PER_SEC
#define NOW (INT64_C(1700000000) * SEC)

static struct lowwater after(const usec_t *costs, size_t n)
{
	struct lowwater water;
	lowwater_reset(&water);
	for (size_t i = 0; i < n; i++)
		lowwater_polled(&water, true, 0, costs[i]);
	lowwater_clean(&water, LOWWATER_REMIND, NOW);
	lowwater_clean(&water, LOWWATER_GENERATE, NOW - 3600 * SEC);
	return water;
}

#define AFTER(...)                             \
	after((const usec_t[]){ __VA_ARGS__ }, \
		sizeof((const usec_t[]){ __VA_ARGS__ }) / sizeof(usec_t))

static void the_first_poll_looks_everywhere(void **state)
{
	struct lowwater water;
	(void)state;
	lowwater_reset(&water);
	assert_true(lowwater_full(&water, 0));
	assert_true(lowwater_from(&water, LOWWATER_REMIND, true) == USEC_MINUS_INFINITY);
}

static void cheap_polls_are_never_bounded(void **state)
{
	struct lowwater water = AFTER(MS / 10, MS / 10, MS / 10, MS / 10);
	(void)state;
	assert_true(lowwater_full(&water, 1));
}

static void one_slow_poll_says_nothing(void **state)
{
	struct lowwater water = AFTER(MS / 10, 200 * MS, 200 * MS);
	(void)state;
	assert_true(lowwater_full(&water, 1));
}

static void dear_polls_begin_a_minute_below_what_was_clean(void **state)
{
	struct lowwater water = AFTER(40 * MS, 40 * MS, 40 * MS);
	(void)state;
	assert_false(lowwater_full(&water, 1));
	assert_true(lowwater_from(&water, LOWWATER_REMIND, false) == NOW - 60 * SEC);
	assert_true(lowwater_from(&water, LOWWATER_GENERATE, false) == NOW - 3660 * SEC);
}

static void a_full_one_comes_again(void **state)
{
	struct lowwater dear = AFTER(40 * MS, 40 * MS, 40 * MS),
			small = AFTER(2 * MS, 2 * MS, 2 * MS);
	(void)state;
	assert_false(lowwater_full(&dear, 4 * SEC - 1));
	assert_true(lowwater_full(&dear, 4 * SEC)); /* 100 times its cost */
	assert_false(lowwater_full(&small, SEC - 1));
	assert_true(lowwater_full(&small, SEC)); /* but not more than once a second */
}

static void bounded_polls_prove_nothing_about_full_ones(void **state)
{
	struct lowwater water = AFTER(40 * MS, 40 * MS, 40 * MS);
	(void)state;
	lowwater_polled(&water, false, 3 * SEC, 10);
	assert_false(lowwater_full(&water, 3 * SEC));
	assert_true(lowwater_full(&water, 4 * SEC));
	lowwater_polled(&water, true, 4 * SEC, 10); /* the snapshot is gone */
	assert_true(lowwater_full(&water, 4 * SEC + 1));
}

static void without_a_lower_end_there_is_no_bound(void **state)
{
	struct lowwater water = AFTER(40 * MS, 40 * MS, 40 * MS);
	(void)state;
	lowwater_clean(
		&water, LOWWATER_GENERATE, USEC_MINUS_INFINITY); /* that is when a row is due */
	assert_true(lowwater_from(&water, LOWWATER_GENERATE, false) == USEC_MINUS_INFINITY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_poll_looks_everywhere),
		cmocka_unit_test(cheap_polls_are_never_bounded),
		cmocka_unit_test(one_slow_poll_says_nothing),
		cmocka_unit_test(dear_polls_begin_a_minute_below_what_was_clean),
		cmocka_unit_test(a_full_one_comes_again),
		cmocka_unit_test(bounded_polls_prove_nothing_about_full_ones),
		cmocka_unit_test(without_a_lower_end_there_is_no_bound),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
