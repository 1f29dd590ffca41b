/* sentence_parse: what rule_describe prints is read back as the same rule. */
#include "recur/opened.h"

#include <stdlib.h>

#include "recur/rule_def.h"
#include "recur/sentence.h"
#include "util/timefmt.h"

#define ROUNDS 4000 /* RULES in the environment asks for others: 100000 take some seconds */

static uint64_t state_of_dice = 8984;

static int pick(int n)
{
	state_of_dice = state_of_dice * UINT64_C(6364136223846793005) +
			UINT64_C(1442695040888963407);
	return (int)((state_of_dice >> 33) % (uint64_t)n);
}

static bool happens(int percent)
{
	return pick(100) < percent;
}

/* Any rule ----------------------------------------------------------------------------------------- */

static const char *const freqs[] = { "secondly", "minutely", "hourly", "daily", "weekly", "monthly",
	"yearly" };
static const char *const days[] = { "su", "mo", "tu", "we", "th", "fr", "sa" };

/* Alone, a few, or a run of them: sentences have words for each. */
static void add_list(json_t *rule, const char *key, int min, int max, bool negative)
{
	json_t *list = json_array();
	int from = min + pick(max - min + 1);

	for (int n = 1 + pick(happens(30) ? 9 : 2), run = happens(40); n > 0; n--) {
		json_array_append_new(list, json_integer(negative && happens(25) ? -from : from));
		from = run ? from + 1 : min + pick(max - min + 1);
		if (from > max)
			break;
	}
	json_object_set_new(rule, key, list);
}

static void add_days(json_t *rule, bool numbered)
{
	json_t *list = json_array();
	bool workdays = happens(30);

	for (int i = 0; i < 7; i++) {
		if (workdays ? i % 6 == 0 : !happens(35))
			continue;
		json_array_append_new(list, json_pack("{ss}", "day", days[i]));
	}
	for (int n = numbered ? pick(4) : 0; n > 0; n--) {
		int nth = 1 + pick(happens(90) ? 5 : 53);

		json_array_append_new(list, json_pack("{sssi}", "day", days[pick(7)], "nthOfPeriod",
						    happens(40) ? -nth : nth));
	}
	if (json_array_size(list) > 0)
		json_object_set_new(rule, "byDay", list);
	else
		json_decref(list);
}

static const char *moment(char text[static 40], bool instant)
{
	sec_t at = (wall("2020-01-01T00:00:00") + (sec_t)pick(3650) * 86400) +
		   (happens(50) ? 9 * 3600 : pick(86400));

	return instant ? instant_format(at * USEC_PER_SEC, text) : wall_format(at, text);
}

/* Texts that could be taken for parts of the sentence. */
static const char *const texts[] = { "Once more", "x", "until 2027-03-01", "\", also \"",
	"a=b; c\\", "Z\xc3\xbcrich \xe2\x80\x93 caf\xc3\xa9", "two\nlines\t\x01", "every day." };
static const char *const priorities[] = { "low", "medium", "high", "urgent" };

static json_t *any_override(bool date)
{
	json_t *override = json_object();
	char text[40];

	if (date || happens(40)) {
		json_object_set_new(override, "excluded", json_true());
		return override;
	}
	if (happens(50))
		json_object_set_new(override, "start", json_string(moment(text, false)));
	if (happens(30))
		json_object_set_new(override, "title", json_string(texts[pick(ARRAY_LEN(texts))]));
	if (happens(20))
		json_object_set_new(
			override, "description", json_string(texts[pick(ARRAY_LEN(texts))]));
	if (happens(20))
		json_object_set_new(override, "priority", json_string(priorities[pick(4)]));
	return override;
}

static void add_overrides(json_t *rule, int n)
{
	json_t *overrides = json_object();

	for (; n > 0; n--) {
		bool date = happens(15);
		char text[40];

		moment(text, happens(30));
		if (date)
			text[10] = '\0';
		json_object_set_new(overrides, text, any_override(date));
	}
	json_object_set_new(rule, "recurrenceOverrides", overrides);
}

static void add_end(json_t *rule)
{
	static const char *const zones[] = { "UTC", "Europe/Berlin", "America/Port-au-Prince",
		"Etc/GMT+5", "EST5EDT", "W-SU", "GB", "Mars/Olympus" };
	char text[40];

	if (happens(20))
		json_object_set_new(rule, "count", json_integer(1 + pick(happens(50) ? 3 : 9999)));
	else if (happens(30))
		json_object_set_new(rule, "until", json_string(moment(text, happens(50))));
	if (happens(30))
		json_object_set_new(rule, "timeZone", json_string(zones[pick(ARRAY_LEN(zones))]));
	if (happens(10))
		json_object_set_new(
			rule, "repeatFrom", json_string(happens(50) ? "completion" : "each"));
	if (happens(20))
		add_overrides(rule, 1 + pick(happens(90) ? 4 : 10));
}

static json_t *any_rule(void)
{
	static const struct {
		const char *key;
		int min, max;
		bool negative;
		int percent;
	} lists[] = {
		{ "byMonth", 1, 12, false, 25 },
		{ "byWeekNo", 1, 53, true, 8 },
		{ "byYearDay", 1, 366, true, 8 },
		{ "byMonthDay", 1, 31, true, 30 },
		{ "byHour", 0, 23, false, 40 },
		{ "byMinute", 0, 59, false, 35 },
		{ "bySecond", 0, 59, false, 20 },
		{ "bySetPosition", 1, 8, true, 15 },
	};
	int freq = pick(7);
	json_t *rule = json_pack("{ss}", "frequency", freqs[happens(60) ? 3 + pick(4) : freq]);

	if (happens(40))
		json_object_set_new(
			rule, "interval", json_integer(1 + pick(happens(90) ? 12 : 100000)));
	if (happens(45))
		add_days(rule, happens(50));
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		if (happens(lists[i].percent))
			add_list(rule, lists[i].key, lists[i].min, lists[i].max, lists[i].negative);
	if (happens(15))
		json_object_set_new(rule, "firstDayOfWeek", json_string(days[pick(7)]));
	if (happens(8))
		json_object_set_new(
			rule, "skip", json_string(happens(50) ? "forward" : "backward"));
	add_end(rule);
	return rule;
}

/* The round trip ----------------------------------------------------------------------------------- */

static bool lacks(const json_t *json, const char *key)
{
	return !json_object_get(json, key);
}

static void fill(json_t *json, const char *key, int value)
{
	if (lacks(json, key))
		json_object_set_new(json, key, json_pack("[i]", value));
}

static void fill_days(json_t *json, const char *freq, const struct civil *start, int weekday)
{
	bool yearly = strcmp(freq, "yearly") == 0;

	if (!lacks(json, "byDay") || !lacks(json, "byMonthDay"))
		return;
	if (strcmp(freq, "weekly") == 0 ||
		(yearly && !lacks(json, "byWeekNo") && lacks(json, "byYearDay"))) {
		json_object_set_new(json, "byDay", json_pack("[{ss}]", "day", days[weekday]));
	} else if (strcmp(freq, "monthly") == 0 || (yearly && lacks(json, "byYearDay"))) {
		fill(json, "byMonthDay", start->day);
		if (yearly && lacks(json, "byMonth"))
			json_object_set_new(json, "byMonth",
				json_pack("[o]", json_sprintf("%d", start->month)));
	}
}

/* What the rule takes from its start stands in it, and what means nothing does not: by the table of RFC 5545, and
 * by nothing that the code under test uses. */
static json_t *made_explicit(const struct rule *rule, sec_t start_wall)
{
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	struct civil start = civil_from_wall(start_wall);
	int weekday = (int)((start_wall / 86400 + 4) % 7);
	json_t *json;
	const char *freq;
	bool weekly;

	rule_to_json(rule, &text);
	json = json_loads(text.data, 0, NULL);
	freq = json_string_value(json_object_get(json, "frequency"));
	weekly = strcmp(freq, "weekly") == 0;
	fill_days(json, freq, &start, weekday);
	if (strcmp(freq, "secondly") != 0)
		fill(json, "bySecond", start.second);
	if (strcmp(freq, "secondly") != 0 && strcmp(freq, "minutely") != 0)
		fill(json, "byMinute", start.minute);
	if (strstr("daily weekly monthly yearly", freq))
		fill(json, "byHour", start.hour);
	if (lacks(json, "byWeekNo") &&
		!(weekly && (!lacks(json, "interval") || !lacks(json, "bySetPosition"))))
		json_object_del(json, "firstDayOfWeek");
	return json;
}

static bool is_refused(const json_t *json)
{
	struct rule *rule = NULL;
	bool good = rule_parse_value(json, &rule, NULL);

	rule_free(rule);
	return !good;
}

static void compare(
	const struct rule *rule, const struct rule *again, const char *sentence, sec_t start)
{
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	struct strbuf told CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	json_auto_t *expected = made_explicit(rule, start), *got;

	rule_to_json(again, &text);
	got = json_loads(text.data, 0, NULL);
	if (!json_equal(expected, got)) {
		char *want = json_dumps(expected, JSON_COMPACT);

		fail_msg("\"%s\"\nis   %s\nread %s", sentence, want, text.data);
	}
	/* Nothing is left that another start would fill. */
	rule_describe(again, start + 86400 * 17 + 12345, &told);
	assert_string_equal(told.data, sentence);
}

static void go_there_and_back(const struct rule *rule, sec_t start)
{
	struct strbuf sentence CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	struct rule *again = NULL;
	struct err err = { .text = "" };

	rule_describe(rule, start, &sentence);
	assert_true(sentence_is(sentence.data));
	if (sentence_parse(sentence.data, &again, &err)) {
		compare(rule, again, sentence.data, start);
	} else {
		/* 30 February, of a rule that would take it from its start alone; lists told in short. */
		json_auto_t *json = made_explicit(rule, start);

		if (!is_refused(json) && !strstr(sentence.data, " (list "))
			fail_msg("\"%s\": %s", sentence.data, err.text);
	}
	rule_free(again);
}

static void every_sentence_is_read_back_as_its_rule(void **state)
{
	const char *asked = getenv("RULES");
	long rounds = asked ? strtol(asked, NULL, 10) : ROUNDS;

	(void)state;
	for (long done = 0; done < rounds;) {
		json_auto_t *json = any_rule();
		struct rule *rule = NULL;
		sec_t start = wall("2025-01-01T00:00:00") + (sec_t)pick(1500) * 86400 +
			      (happens(50) ? 32400 : pick(86400));

		if (!rule_parse_value(json, &rule, NULL))
			continue;
		go_there_and_back(rule, start);
		rule_free(rule);
		done++;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_sentence_is_read_back_as_its_rule),
	};

	return cmocka_run_group_tests(tests, NULL, close_zones);
}
