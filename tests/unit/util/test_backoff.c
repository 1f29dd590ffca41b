/* backoff: doubles up to its limit, jitters within the upper half, starts anew after a reset. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>

#include "util/backoff.h"

static void between(double value, double low, double high)
{
	if (value < low || value > high)
		fail_msg("%f is not within %f to %f", value, low, high);
}

static void doubles_to_the_limit(void **state)
{
	static const double steps[] = { 0.1, 0.2, 0.4, 0.8, 1.0, 1.0, 1.0 };
	struct backoff backoff;

	(void)state;
	for (int round = 0; round < 1000; round++) {
		backoff_init(&backoff, 0.1, 1.0);
		for (size_t i = 0; i < ARRAY_LEN(steps); i++)
			between(backoff_fail(&backoff), steps[i] / 2, steps[i]);
	}
}

static void reset_starts_anew(void **state)
{
	struct backoff backoff;

	(void)state;
	backoff_init(&backoff, 0.1, 30);
	for (int i = 0; i < 20; i++)
		backoff_fail(&backoff);
	between(backoff_fail(&backoff), 15, 30);
	backoff_reset(&backoff);
	between(backoff_fail(&backoff), 0.05, 0.1);
}

static void first_never_exceeds_the_limit(void **state)
{
	struct backoff backoff;

	(void)state;
	backoff_init(&backoff, 5, 1);
	between(backoff_fail(&backoff), 0.5, 1);
	between(backoff_fail(&backoff), 0.5, 1);
}

/* A hundred workers must not return at once: both halves of the jitter's range are used. */
static void jitter_spreads(void **state)
{
	struct backoff backoff;
	int low = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		backoff_init(&backoff, 1, 1);
		low += backoff_fail(&backoff) < 0.75;
	}
	assert_in_range(low, 350, 650);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(doubles_to_the_limit),
		cmocka_unit_test(reset_starts_anew),
		cmocka_unit_test(first_never_exceeds_the_limit),
		cmocka_unit_test(jitter_spreads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
