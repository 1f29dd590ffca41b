/* args: numbers, spans and instants of options; what is not exactly one is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctl/args.h"

static void counts(void **state)
{
	static const char *const wrong[] = { "", " 1", "1 ", "+1", "-1", "0x1", "1e3", "1.0", "101",
		"99999999999999999999" };
	int64_t count = -7;
	struct err err;
	(void)state;
	assert_true(arg_count("0", 0, 100, &count, &err));
	assert_int_equal(count, 0);
	assert_true(arg_count("100", 0, 100, &count, &err));
	assert_int_equal(count, 100);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_false(arg_count(wrong[i], 0, 100, &count, &err));
	assert_int_equal(count, 100);
}

static void spans(void **state)
{
	static const struct {
		const char *text;
		usec_t span;
	} right[] = {
		{ "0", 0 },
		{ "250ms", 250 * USEC_PER_MSEC },
		{ "90s", 90 * USEC_PER_SEC },
		{ "5min", 300 * USEC_PER_SEC },
		{ "5 min", 300 * USEC_PER_SEC }, /* as recurd.conf has it */
		{ "2h", 7200 * USEC_PER_SEC },
		{ "7d", 604800 * USEC_PER_SEC },
	};
	static const char *const wrong[] = { "", "s", "5", "5m", "-5s", "5sec", "1h30min",
		"99999999999999d", "1.5h" };
	usec_t span = -7;
	struct err err;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(right); i++) {
		assert_true(arg_span(right[i].text, &span, &err));
		assert_int_equal(span, right[i].span);
	}
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_false(arg_span(wrong[i], &span, &err));
}

static void instants(void **state)
{
	static const char *const wrong[] = { "", "now", "2025-02-03", "2025-02-03T10:00:00",
		"2025-02-30T10:00:00Z", "2025-02-03T10:00:00Zx" };
	usec_t instant = -7;
	struct err err;
	(void)state;
	assert_true(arg_instant("1970-01-01T01:00:01+01:00", &instant, &err));
	assert_int_equal(instant, USEC_PER_SEC);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_false(arg_instant(wrong[i], &instant, &err));
}

static void bounds(void **state)
{
	static const struct {
		const char *text;
		struct arg_bound bound;
	} right[] = {
		{ "30d", { true, 30 * 86400 * USEC_PER_SEC } },
		{ "90 min", { true, 5400 * USEC_PER_SEC } },
		{ "0", { true, 0 } },
		{ "36500d", { true, INT64_C(36500) * 86400 * USEC_PER_SEC } },
		{ "1970-01-01", { false, 86400 * USEC_PER_SEC - 1 } }, /* through that day */
		{ "1970-01-01T00:00:01Z", { false, USEC_PER_SEC } },
		{ "1970-01-01T01:00:01+01:00", { false, USEC_PER_SEC } },
	};
	static const char *const wrong[] = { "", "tomorrow", "2027-02-29", "2027-1-1", "2027-13-01",
		"20270101", "2027-01-01Z", "2027-01-01T10:00:00", "2027", "30 days", "-1d",
		"36501d", "99999999d" };
	struct arg_bound bound = { false, -7 };
	struct err err;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(right); i++) {
		assert_true(arg_bound(right[i].text, &bound, &err));
		assert_int_equal(bound.is_span, right[i].bound.is_span);
		assert_int_equal(bound.value, right[i].bound.value);
	}
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_false(arg_bound(wrong[i], &bound, &err));
	assert_false(bound.is_span);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts),
		cmocka_unit_test(spans),
		cmocka_unit_test(instants),
		cmocka_unit_test(bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
