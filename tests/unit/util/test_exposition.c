/* Figures in the words of Prometheus. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "util/exposition.h"

static const struct histogram_bounds bounds = { 2, { 1000, 2 * USEC_PER_SEC } };

static void print(enum exposition_format format, struct strbuf *out)
{
	const struct exposition page = { format, out };
	struct histogram took = { .n = 0 };
	histogram_add(&took, &bounds, 500);
	histogram_add(&took, &bounds, USEC_PER_SEC);
	exposition_head(&page, "a_total", "counter", "What a is");
	exposition_int(&page, "a_total", "x=\"y\"", 3);
	exposition_head(&page, "b", "gauge", "What b is");
	exposition_number(&page, "b", "", 0.25);
	exposition_number(&page, "b", "of=\"z\"", (double)INFINITY);
	exposition_head(&page, "c", "histogram", "What c is");
	exposition_histogram(&page, "c", "", &bounds, &took);
	exposition_histogram(&page, "c", "k=\"v\"", &bounds, &took);
	exposition_end(&page);
}

#define SAMPLES                                                                       \
	"a_total{x=\"y\"} 3\n"                                                        \
	"# HELP b What b is\n# TYPE b gauge\nb 0.25\nb{of=\"z\"} +Inf\n"              \
	"# HELP c What c is\n# TYPE c histogram\n"                                    \
	"c_bucket{le=\"0.001\"} 1\nc_bucket{le=\"2.0\"} 2\nc_bucket{le=\"+Inf\"} 2\n" \
	"c_sum 1.0005\nc_count 2\n"                                                   \
	"c_bucket{k=\"v\",le=\"0.001\"} 1\nc_bucket{k=\"v\",le=\"2.0\"} 2\n"          \
	"c_bucket{k=\"v\",le=\"+Inf\"} 2\nc_sum{k=\"v\"} 1.0005\nc_count{k=\"v\"} 2\n"

static void samples_stand_under_the_head_of_their_metric(void **state)
{
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(65536);
	(void)state;
	print(EXPOSITION_TEXT, &text);
	assert_string_equal(
		text.data, "# HELP a_total What a is\n# TYPE a_total counter\n" SAMPLES);
}

static void openmetrics_names_counters_without_total_and_has_an_end(void **state)
{
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(65536);
	(void)state;
	print(EXPOSITION_OPEN, &text);
	assert_string_equal(text.data, "# HELP a What a is\n# TYPE a counter\n" SAMPLES "# EOF\n");
}

static void who_accepts_it_gets_openmetrics(void **state)
{
	(void)state;
	assert_int_equal(exposition_format(NULL), EXPOSITION_TEXT);
	assert_int_equal(exposition_format("text/plain;version=0.0.4"), EXPOSITION_TEXT);
	assert_int_equal(exposition_format("application/openmetrics-text;version=1.0.0,text/plain"),
		EXPOSITION_OPEN);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_stand_under_the_head_of_their_metric),
		cmocka_unit_test(openmetrics_names_counters_without_total_and_has_an_end),
		cmocka_unit_test(who_accepts_it_gets_openmetrics),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
