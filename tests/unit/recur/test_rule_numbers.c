/* Numbers in rules: JSON knows one kind of them, of any size and in many spellings.  Whatever its value, the
 * one that fits is taken, and any other is refused by the key's name and range, told as it was written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "recur/rule.h"
#include "util/mem.h"

/* Every key that takes a number, with a rule around it; %s is the number. */
static const struct numeric {
	const char *rule, *path, *range;
	int min, max;
	bool negative; /* the same range below zero, too */
} numerics[] = {
	{ "{\"frequency\":\"daily\",\"interval\":%s}", "interval", "1 ... 2147483647", 1, INT32_MAX,
		false },
	{ "{\"frequency\":\"daily\",\"count\":%s}", "count", "1 ... 2147483647", 1, INT32_MAX,
		false },
	{ "{\"frequency\":\"monthly\",\"byDay\":[{\"day\":\"mo\",\"nthOfPeriod\":%s}]}",
		"byDay[0].nthOfPeriod", "1 ... 53 or -1 ... -53", 1, 53, true },
	{ "{\"frequency\":\"daily\",\"byMonth\":[%s]}", "byMonth[0]", "1 ... 12", 1, 12, false },
	{ "{\"frequency\":\"yearly\",\"byWeekNo\":[%s]}", "byWeekNo[0]",
		"1 ... 53 or the same below zero", 1, 53, true },
	{ "{\"frequency\":\"yearly\",\"byYearDay\":[%s]}", "byYearDay[0]",
		"1 ... 366 or the same below zero", 1, 366, true },
	{ "{\"frequency\":\"daily\",\"byMonthDay\":[1,%s]}", "byMonthDay[1]",
		"1 ... 31 or the same below zero", 1, 31, true },
	{ "{\"frequency\":\"daily\",\"byHour\":[%s]}", "byHour[0]", "0 ... 23", 0, 23, false },
	{ "{\"frequency\":\"daily\",\"byMinute\":[%s]}", "byMinute[0]", "0 ... 59", 0, 59, false },
	{ "{\"frequency\":\"daily\",\"bySecond\":[%s]}", "bySecond[0]", "0 ... 60", 0, 60, false },
	{ "{\"frequency\":\"monthly\",\"byDay\":[{\"day\":\"mo\"}],\"bySetPosition\":[1,%s]}",
		"bySetPosition[1]", "1 ... 366 or the same below zero", 1, 366, true },
};

/* Numbers as they may be written, and what they are worth. */
enum { NONE = INT32_MIN };
static const struct {
	const char *text;
	int64_t worth; /* NONE: no integer, or none that fits anywhere */
} numbers[] = {
	{ "99999999999999999999", NONE },
	{ "-99999999999999999999", NONE },
	{ "9223372036854775808", NONE },
	{ "9223372036854775807", INT64_MAX },
	{ "-9223372036854775808", INT64_MIN },
	{ "2147483648", 2147483648 },
	{ "-1", -1 },
	{ "-0", 0 },
	{ "0", 0 },
	{ "0e5", 0 },
	{ "-0.0E-7", 0 },
	{ "1e400", NONE },
	{ "-1e400", NONE },
	{ "1e-400", NONE },
	{ "1e99999999999999999999", NONE },
	{ "1e-99999999999999999999", NONE },
	{ "1e2", 100 },
	{ "1E+0", 1 },
	{ "100e-2", 1 },
	{ "1.0", 1 },
	{ "0.01e2", 1 },
	{ "0.5e1", 5 },
	{ "1.5", NONE },
	{ "0.1", NONE },
	{ "true", NONE },
	{ "[1]", NONE },
	{ "[1e400]", NONE },
	{ "{\"a\":1e400}", NONE },
	{ "{\"=\":\"x\"}", NONE },
	{ "\"01\"", NONE },
	{ "\"-1\"", NONE },
};

static bool fits(const struct numeric *key, int64_t worth)
{
	if (worth == NONE || worth < -key->max || worth > key->max)
		return false;
	return (key->negative && worth < 0 ? -worth : worth) >= key->min;
}

/* All numbers are JSON: the one that does not fit is refused by key and range, told as it was written. */
static void check_number(const struct numeric *key, const char *number, bool taken)
{
	char *json CLEANUP(mem_cleanup) = NULL, *expected CLEANUP(mem_cleanup) = NULL;
	const char *gap = strstr(key->rule, "%s");
	struct rule *rule = NULL;
	struct err err = { .text = "" };

	json = mem_printf("%.*s%s%s", (int)(gap - key->rule), key->rule, number, gap + 2);
	expected = mem_printf("recurrence_rule.%s: expected %s, got %s", key->path, key->range,
		strcmp(number, "{\"=\":\"x\"}") == 0 ? "x" : number);
	/* What no day ever matches (the 53rd Monday of a month) is another matter. */
	bool is_refused = !rule_parse(json, strlen(json), &rule, &err) &&
			  !strstr(err.text, "no day ever") && !strstr(err.text, "no set has");
	rule_free(rule);
	if (taken == is_refused)
		fail_msg("%s\ngot: %s", json, is_refused ? err.text : "accepted");
	if (is_refused)
		assert_string_equal(err.text, expected);
}

static void every_number_is_taken_or_refused_by_name_and_range(void **state)
{
	(void)state;
	for (size_t k = 0; k < ARRAY_LEN(numerics); k++) {
		const struct numeric *key = &numerics[k];
		for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
			check_number(key, numbers[i].text, fits(key, numbers[i].worth));
		/* Texts of digits: months alone are written so (RFC 8984).  null: an interval not chosen. */
		check_number(key, "\"5\"", strcmp(key->path, "byMonth[0]") == 0);
		check_number(key, "null", strcmp(key->path, "interval") == 0);
	}
}

/* Not as a double holds them: 9007199254740993 is not 9007199254740992. */
static void no_digit_is_lost(void **state)
{
	static const char *const texts[] = { "9007199254740993", "9007199254740993.0",
		"123456789012345678901234567890", "0.10000000000000000000000001" };
	char long_one[401];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		check_number(&numerics[0], texts[i], false);
	memset(long_one, '9', sizeof(long_one) - 1);
	long_one[sizeof(long_one) - 1] = '\0';
	char *json CLEANUP(mem_cleanup) = mem_printf(
		"{\"frequency\":\"daily\",\"interval\":%s}", long_one);
	struct rule *rule = NULL;
	struct err err = { .text = "" };
	assert_false(rule_parse(json, strlen(json), &rule, &err));
	assert_string_equal(err.text, "recurrence_rule.interval: expected 1 ... 2147483647, got a "
				      "number of 400 characters");
}

/* Where there is no place for a number, or no JSON. */
static void numbers_elsewhere_are_told_as_written(void **state)
{
	static const struct {
		const char *json, *error; /* the error's beginning */
	} cases[] = {
		/* No number hides what is wrong elsewhere, and the place is the author's. */
		{ "{\"frequency\":1e400,,\"count\":99999999999999999999}",
			"recurrence_rule: not JSON: string or '}' expected near ',' (line 1, "
			"column 20)" },
		{ "{\"frequency\":\"daily\",\"count\":01e2}", "recurrence_rule: not JSON" },
		{ "{\"frequency\":\"daily\",\"count\":1e}", "recurrence_rule: not JSON" },
		{ "{\"frequency\":\"daily\",\"count\":-}", "recurrence_rule: not JSON" },
		{ "{\"frequency\":\"daily\",\"count\":1.}", "recurrence_rule: not JSON" },
		{ "{\"frequency\":\"daily\",\"count\":+1}", "recurrence_rule: not JSON" },
		/* Numbers where there is no place for any. */
		{ "1e400", "recurrence_rule: expected an object, got 1e400" },
		{ "[99999999999999999999]",
			"recurrence_rule.rrule[0]: expected a line like \"RRULE:FREQ=DAILY\", got "
			"99999999999999999999" },
		{ "{\"frequency\":1e400}", "recurrence_rule.frequency: expected yearly" },
		{ "{\"frequency\":\"daily\",\"until\":-0}",
			"recurrence_rule.until: expected a time like \"2025-12-31T23:59:59\", or a "
			"date, got "
			"-0" },
		{ "{\"frequency\":\"daily\",\"timeZone\":1e400}",
			"recurrence_rule.timeZone: expected a time zone like \"Europe/Berlin\", "
			"got "
			"1e400" },
		{ "{\"frequency\":\"daily\",\"days\":[1e400]}",
			"recurrence_rule.days[0]: expected mon...sun, got 1e400" },
		{ "{\"frequency\":\"daily\",\"byDay\":[1e400]}",
			"recurrence_rule.byDay[0]: expected an object like {\"day\":\"mo\"}, got "
			"1e400" },
		{ "{\"frequency\":\"daily\",\"recurrenceOverrides\":1e400}",
			"recurrence_rule.recurrenceOverrides: expected an object, got 1e400" },
		{ "{\"frequency\":\"daily\",\"recurrenceOverrides\":{\"2025-01-01T09:00:00\":1e400}"
		  "}",
			"recurrence_rule.recurrenceOverrides[2025-01-01T09:00:00]: expected an "
			"object like "
			"{\"excluded\":true}, got 1e400" },
		{ "{\"frequency\":\"daily\",\"recurrenceOverrides\":{\"2025-01-01T09:00:00\":{"
		  "\"title\":"
		  "1e400}}}",
			"recurrence_rule.recurrenceOverrides[2025-01-01T09:00:00].title: expected "
			"a text "
			"of "
			"1 ... 200 characters, got 1e400" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct rule *rule = NULL;
		struct err err = { .text = "" };

		assert_false(rule_parse(cases[i].json, strlen(cases[i].json), &rule, &err));
		if (strncmp(err.text, cases[i].error, strlen(cases[i].error)) != 0)
			fail_msg("%s\nexpected: %s\ngot:      %s", cases[i].json, cases[i].error,
				err.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_number_is_taken_or_refused_by_name_and_range),
		cmocka_unit_test(no_digit_is_lost),
		cmocka_unit_test(numbers_elsewhere_are_told_as_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
