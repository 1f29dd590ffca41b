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

static void a_part_of_them_is_within_a_bound(void **state)
{
	struct histogram histogram = { .n = 0 };
	(void)state;
	assert_int_equal(histogram_quantile(&histogram, &bounds, .99), -1);
	for (int i = 0; i < 98; i++)
		histogram_add(&histogram, &bounds, 5);
	histogram_add(&histogram, &bounds, 50);
	assert_int_equal(histogram_quantile(&histogram, &bounds, .5), 10);
	assert_int_equal(histogram_quantile(&histogram, &bounds, .99), 100);
	for (int i = 0; i < 10; i++)
		histogram_add(&histogram, &bounds, 5000);
	assert_int_equal(histogram_quantile(&histogram, &bounds, .99), INT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(each_span_has_its_bucket),
		cmocka_unit_test(a_part_of_them_is_within_a_bound) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
