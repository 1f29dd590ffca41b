/* Rules that come over HTTP: where the fault is, what is stored, when it is due. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "web/rules.h"

static struct typed_ground ground(void)
{
	struct typed_ground of;
	struct err err;
	json_auto_t *settings = json_pack("{ss ss si sn}", "now", "2026-03-27T12:00:00+00:00",
		"default_time_zone", "Europe/Berlin", "min_interval", 60, "time_zone");
	assert_true(rules_ground(settings, &of, &err));
	of.default_time_zone = "Europe/Berlin";
	return of;
}

static json_t *parse(const char *text)
{
	json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
	assert_non_null(value);
	return value;
}

static void assert_json(json_t *value, const char *expected)
{
	json_auto_t *wanted = parse(expected);
	if (!json_equal(value, wanted)) {
		char *text = json_dumps(value, JSON_ENCODE_ANY);
		fail_msg("got %s\nexpected %s", text, expected);
	}
}

static void faults_are_pointed_to(void **state)
{
	static const struct {
		const char *text, *pointer, *detail;
	} cases[] = {
		{ "recurrence_rule.days[1]: expected mon", "/r/days/1", "expected mon" },
		{ "recurrence_rule: it is over: yes", "/r", "it is over: yes" },
		{ "recurrence_rule.a~b/c[0][1]: x", "/r/a~0b~1c/0/1", "x" },
		{ "character 7, \"mox\": expected a day", "/r",
			"character 7, \"mox\": expected a day" },
		{ "recurrence_rule is odd: x", "/r", "recurrence_rule is odd: x" },
		{ "", "/r", "" },
		{ "recurrence_rule.\xff: \xff", "/r/\xef\xbf\xbd", "\xef\xbf\xbd" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		json_auto_t *errors = rules_errors("/r", false, cases[i].text);
		const json_t *error = json_array_get(errors, 0);
		assert_non_null(error);
		assert_string_equal(
			json_string_value(json_object_get(error, "pointer")), cases[i].pointer);
		assert_string_equal(
			json_string_value(json_object_get(error, "detail")), cases[i].detail);
	}
}

static void a_rule_is_stored_as_an_object_with_its_first_occurrence(void **state)
{
	struct typed_ground of = ground();
	json_auto_t *body = parse("{\"recurrence_rule\": \"every day at 2:30\"}");
	(void)state;
	assert_null(rules_take(&of, body, "next_due_at", true));
	assert_json(body,
		"{\"recurrence_rule\": {\"frequency\": \"daily\", \"byHour\": [2], \"byMinute\": "
		"[30], \"bySecond\": [0]}, \"next_due_at\": \"2026-03-28T01:30:00Z\"}");
}

static void what_is_no_rule_is_refused_and_the_body_stays(void **state)
{
	static const char *const bodies[] = { "{\"recurrence_rule\": 7}",
		"{\"recurrence_rule\": []}", "{\"recurrence_rule\": \"\"}",
		"{\"recurrence_rule\": {}}", "{\"recurrence_rule\": {\"frequency\": \"secondly\"}}",
		"{\"recurrence_rule\": \"FREQ=DAILY;UNTIL=20200101T000000Z\"}" };
	struct typed_ground of = ground();
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		json_auto_t *body = parse(bodies[i]);
		json_auto_t *wrong = rules_take(&of, body, "next_due_at", true);
		if (!wrong)
			fail_msg("%s was taken", bodies[i]);
		assert_json(body, bodies[i]);
	}
}

static void without_a_rule_there_is_nothing_to_look_at(void **state)
{
	struct typed_ground of = ground();
	json_auto_t *none = parse("{\"title\": 1}"), *null = parse("{\"recurrence_rule\": null}");
	json_auto_t *list = parse("[1]");
	(void)state;
	assert_null(rules_take(&of, none, "due_date", false));
	assert_null(rules_take(&of, null, "due_date", false));
	assert_null(rules_take(&of, list, "due_date", true));
}

static void a_row_that_makes_no_sense_is_shown_without_a_meaning(void **state)
{
	static const char *const rows[] = {
		"{}", "{\"recurrence_rule\": 7, \"next_due_at\": 7, \"state\": 7}",
		"{\"recurrence_rule\": \"x\", \"next_due_at\": \"infinity\", \"state\": \"active\"}"
	};
	struct typed_ground of = ground();
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		json_auto_t *row = parse(rows[i]);
		rules_show(&of, row, 5);
		assert_json(json_object_get(row, "meaning"), "null");
		assert_json(json_object_get(row, "next"), "[]");
	}
}

static void a_rule_is_tried(void **state)
{
	struct typed_ground of = ground();
	json_t *wrong = NULL;
	json_auto_t *question = parse("{\"rule\": \"every day at 2:30\", \"start\": "
				      "\"2026-03-29T00:00:00\", \"n\": 1}");
	(void)state;
	json_auto_t *shown = rules_preview(&of, question, &wrong);
	assert_non_null(shown);
	assert_json(json_object_get(shown, "occurrences"),
		"[{\"at\": \"2026-03-29T01:30:00Z\", \"local\": \"2026-03-29T03:30:00\", \"note\": "
		"\"gap\"}]");
	assert_string_equal(json_string_value(json_object_get(shown, "zone")), "Europe/Berlin");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(faults_are_pointed_to),
		cmocka_unit_test(a_rule_is_stored_as_an_object_with_its_first_occurrence),
		cmocka_unit_test(what_is_no_rule_is_refused_and_the_body_stays),
		cmocka_unit_test(without_a_rule_there_is_nothing_to_look_at),
		cmocka_unit_test(a_row_that_makes_no_sense_is_shown_without_a_meaning),
		cmocka_unit_test(a_rule_is_tried),
	};
	zones_open(NULL);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	zones_close();
	return failed;
}
