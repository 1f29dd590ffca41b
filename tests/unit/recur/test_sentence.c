/* sentence_parse: what people type is understood, or refused with its place and what was expected. */
#include "recur/opened.h"
#include "recur/sentence.h"
#include "recur/sentences.h"

static void rrule_of(const char *typed, struct strbuf *buf)
{
	struct rule *rule = NULL;
	struct err err;

	strbuf_reset(buf);
	assert_true(sentence_is(typed));
	if (!sentence_parse(typed, &rule, &err))
		fail_msg("%s: %s", typed, err.text);
	rule_to_rrule(rule, buf);
	rule_free(rule);
}

static void short_forms_mean_what_they_say(void **state)
{
	struct strbuf rrule CLEANUP(strbuf_free) = STRBUF(RULE_BYTES_MAX);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(short_forms); i++) {
		rrule_of(short_forms[i].typed, &rrule);
		if (strcmp(rrule.data, short_forms[i].rrule) != 0)
			fail_msg("%s: expected %s, got %s", short_forms[i].typed,
				short_forms[i].rrule, rrule.data);
	}
	assert_true(ARRAY_LEN(short_forms) >= 100);
}

/* What an RRULE has no part for. */
static void what_stands_beside_is_read(void **state)
{
	static const struct {
		const char *typed, *json;
	} rows[] = {
		{ "every! 3 days",
			"{\"frequency\":\"daily\",\"interval\":3,\"repeatFrom\":\"completion\"}" },
		{ "every 3 days after completion",
			"{\"frequency\":\"daily\",\"interval\":3,\"repeatFrom\":\"completion\"}" },
		{ "every day, each in turn", "{\"frequency\":\"daily\",\"repeatFrom\":\"each\"}" },
		{ "every day in europe/berlin",
			"{\"frequency\":\"daily\",\"timeZone\":\"Europe/Berlin\"}" },
		{ "every day America/New_York time, 3 times",
			"{\"frequency\":\"daily\",\"count\":3,\"timeZone\":\"America/New_York\"}" },
		{ "every day utc", "{\"frequency\":\"daily\",\"timeZone\":\"UTC\"}" },
		{ "every day except 2027-12-24 and 2027-12-25, also 2027-12-26T10:00",
			"{\"frequency\":\"daily\",\"recurrenceOverrides\":{\"2027-12-26T10:00:00\":"
			"{},"
			"\"2027-12-24\":{\"excluded\":true},\"2027-12-25\":{\"excluded\":true}}}" },
		{ "every day with 2027-12-24T09:00 moved to 2027-12-23T09:00 titled \"Early\"",
			"{\"frequency\":\"daily\",\"recurrenceOverrides\":{\"2027-12-24T09:00:00\":"
			"{\"start\":\"2027-12-23T09:00:00\",\"title\":\"Early\"}}}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct strbuf json CLEANUP(strbuf_free) = STRBUF(RULE_BYTES_MAX);
		struct rule *rule = NULL;
		struct err err;

		if (!sentence_parse(rows[i].typed, &rule, &err))
			fail_msg("%s: %s", rows[i].typed, err.text);
		rule_to_json(rule, &json);
		assert_string_equal(json.data, rows[i].json);
		rule_free(rule);
	}
}

/* Refusals ------------------------------------------------------------------------------------------ */

static void what_is_not_understood_is_told_with_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		struct rule *rule = NULL;
		struct err err;

		if (sentence_parse(refusals[i].typed, &rule, &err))
			fail_msg("%s: was understood", refusals[i].typed);
		if (!strstr(err.text, refusals[i].place) || !strstr(err.text, refusals[i].said))
			fail_msg("%s: expected %s: ... %s ..., got %s", refusals[i].typed,
				refusals[i].place, refusals[i].said, err.text);
	}
}

/* A pasted RRULE or cron line stays what it is, with its own errors. */
static void other_forms_are_no_sentences(void **state)
{
	static const char *const others[] = { "FREQ=DAILY", " freq=daily", "FREQ = DAILY",
		"RRULE:FREQ=DAILY", "DTSTART;TZID=Europe/Berlin:20250101T090000\nRRULE:FREQ=DAILY",
		"BYDAY=MO;FREQ=DAILY", "EXDATE:20250103T080000Z", "30 9 * * mon-fri", "*/5 * * * *",
		"0 9 1 * *", "0 9 1 jan *", "@daily", "@every 5m", "# a comment",
		"CRON_TZ=UTC 0 9 * * *", "TZ=UTC 0 9 * * *", "cron(0 9 * * ? *)", "rate(5 minutes)",
		"0 0 L * ?", "0 9,17 * * *", "5", "{\"frequency\":\"daily\"}",
		"[\"RRULE:FREQ=DAILY\"]", "\"every day\"", "", "  \n", "every=day" };
	static const char *const sentences[] = { "every day", "9am daily", "15th of every month",
		"9:00 every day", "1 January", "9 o'clock every day", "last day of the month",
		"12 times every day", "\xef\xbb\xbf every day",
		"every day also 2027-01-01T09:00:00 titled \"a=b\"", "quelque chose" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (sentence_is(others[i]))
			fail_msg("is taken for a sentence: %s", others[i]);
	for (size_t i = 0; i < ARRAY_LEN(sentences); i++)
		if (!sentence_is(sentences[i]))
			fail_msg("is no sentence: %s", sentences[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_forms_mean_what_they_say),
		cmocka_unit_test(what_stands_beside_is_read),
		cmocka_unit_test(what_is_not_understood_is_told_with_its_place),
		cmocka_unit_test(other_forms_are_no_sentences),
	};

	return cmocka_run_group_tests(tests, NULL, close_zones);
}
