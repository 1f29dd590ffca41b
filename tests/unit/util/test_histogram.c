/* Spans in buckets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/histogram.h"
#include "util/macros.h"

static const struct histogram_bounds bounds = { 3, { 10, 100, 1000 } };

static void each_span_has_its_bucket(void **state)
{
	(void)state;
	struct histogram histogram = { .n = 0 };
	static const usec_t spans[] = { -5, 0, 10, 11, 100, 1000, 1001, INT64_C(1) << 50 };
	for (size_t i = 0; i < ARRAY_LEN(spans); i++)
		histogram_add(&histogram, &bounds, spans[i]);
	assert_int_equal(histogram.counts[0], 3);
	assert_int_equal(histogram.counts[1], 2);
	assert_int_equal(histogram.counts[2], 1);
	assert_int_equal(histogram.counts[3], 2);
	assert_int_equal(histogram.n, 8);
	assert_int_equal(histogram.sum, 10 + 11 + 100 + 1000 + 1001 + (INT64_C(1) << 50));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(each_span_has_its_bucket) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
