/* Rules with a calendar: the last working day but one of the month, every working day.  Random ones are held against
 * a list of days that is gone through one by one. */
#include "recur/opened.h"

#include <stdlib.h>

#include "recur/calendars.h"

static struct calendars *bank;

static void add(struct workdays *w, int year, int month, int day, const char *rule, bool working)
{
	struct workdays_day it = { "x", days_from_civil(year, month, day), 1, rule, working };
	struct err err;
	if (!workdays_add(w, &it, &err))
		fail_msg("%s", err.text);
}

/* New Year, Good Friday, Easter Monday, Labour Day, Christmas; a working Saturday. */
static int open_calendars(void **state)
{
	struct workdays *target = workdays_create("bank", 1u << 0 | 1u << 6);
	struct workdays *gulf = workdays_create("gulf", 1u << 5 | 1u << 6);
	(void)state;
	bank = calendars_create();
	add(target, 2000, 1, 1, "FREQ=YEARLY", false);
	add(target, 2000, 1, 1, "EASTER-2", false);
	add(target, 2000, 1, 1, "EASTER+1", false);
	add(target, 2000, 5, 1, "FREQ=YEARLY", false);
	add(target, 2000, 12, 25, "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=25,26", false);
	add(target, 2026, 5, 30, NULL, true);
	calendars_add(bank, target);
	calendars_add(bank, gulf);
	return 0;
}

static int close_calendars(void **state)
{
	calendars_drop(bank);
	return close_zones(state);
}

static struct rule *parse_bound(const char *text)
{
	struct rule *rule = parse(text);
	struct err err;
	if (!rule_use_calendars(rule, bank, &err))
		fail_msg("%s: %s", text, err.text);
	return rule;
}

static const struct {
	const char *what, *rule, *start, *expected;
} cases[] = {
	{ "the last working day but one of the month",
		"{\"frequency\":\"monthly\",\"workday\":-2,\"calendar\":\"bank\"}",
		"2026-03-01T09:00:00",
		"2026-03-30T09:00 2026-04-29T09:00 2026-05-29T09:00 2026-06-29T09:00" },
	{ "a Saturday that works is the last one; what the start is does not matter",
		"{\"frequency\":\"monthly\",\"workday\":[-1],\"calendar\":\"bank\"}",
		"2026-04-17T09:00:00", "2026-04-30T09:00 2026-05-30T09:00 2026-06-30T09:00" },
	{ "the first, behind New Year and Easter",
		"{\"frequency\":\"monthly\",\"workday\":1,\"calendar\":\"bank\"}",
		"2026-01-01T09:00:00", "2026-01-02T09:00 2026-02-02T09:00 2026-03-02T09:00" },
	{ "first and last, at two times of day each",
		"{\"frequency\":\"monthly\",\"workday\":[1,-1],\"calendar\":\"bank\","
		"\"byHour\":[9,17]}",
		"2026-12-01T09:00:00",
		"2026-12-01T09:00 2026-12-01T17:00 2026-12-31T09:00 2026-12-31T17:00 "
		"2027-01-04T09:00" },
	{ "every working day around Easter",
		"{\"frequency\":\"daily\",\"workday\":true,\"calendar\":\"bank\"}",
		"2026-04-01T09:00:00",
		"2026-04-01T09:00 2026-04-02T09:00 2026-04-07T09:00 2026-04-08T09:00" },
	{ "Monday to Friday, where no calendar is named",
		"{\"frequency\":\"daily\",\"workday\":true}", "2026-04-02T09:00:00",
		"2026-04-02T09:00 2026-04-03T09:00 2026-04-06T09:00" },
	{ "weekends are where they are",
		"{\"frequency\":\"weekly\",\"workday\":-1,\"calendar\":\"gulf\"}",
		"2026-04-01T09:00:00", "2026-04-05T09:00 2026-04-12T09:00" },
	{ "and with weeks that begin on Sunday it is Thursday",
		"{\"frequency\":\"weekly\",\"workday\":-1,\"calendar\":\"gulf\",\"firstDayOfWeek\":"
		"\"su\"}",
		"2026-04-01T09:00:00", "2026-04-02T09:00 2026-04-09T09:00" },
	{ "the third of the year", "{\"frequency\":\"yearly\",\"workday\":3,\"calendar\":\"bank\"}",
		"2026-01-01T09:00:00", "2026-01-06T09:00 2027-01-06T09:00 2028-01-05T09:00" },
	{ "the last of each quarter",
		"{\"frequency\":\"yearly\",\"byMonth\":[\"3\",\"6\",\"9\",\"12\"],\"workday\":-1,"
		"\"calendar\":\"bank\"}",
		"2027-01-01T09:00:00",
		"2027-03-31T09:00 2027-06-30T09:00 2027-09-30T09:00 "
		"2027-12-31T09:00" },
	{ "the last one up to the 15th",
		"{\"frequency\":\"monthly\",\"byMonthDay\":[9,10,11,12,13,14,15],\"workday\":true,"
		"\"bySetPosition\":[-1],\"calendar\":\"bank\"}",
		"2026-08-01T09:00:00",
		"2026-08-14T09:00 2026-09-15T09:00 2026-10-15T09:00 "
		"2026-11-13T09:00" },
	{ "beside a crontab's line",
		"{\"cron\":\"30 8 * * *\",\"workday\":true,\"calendar\":\"bank\"}",
		"2026-04-30T00:00:00", "2026-04-30T08:30 2026-05-04T08:30" },
	{ "beside an RRULE, with COUNT and without a day",
		"{\"rrule\":\"FREQ=MONTHLY;COUNT=2\",\"workday\":-1,\"calendar\":\"bank\"}",
		"2026-11-01T09:00:00", "2026-11-30T09:00 2026-12-31T09:00 ." },
	{ "an occurrence that is left out uses up COUNT, as ever",
		"{\"frequency\":\"monthly\",\"workday\":-1,\"count\":2,\"calendar\":\"bank\","
		"\"recurrenceOverrides\":{\"2026-11-30T09:00:00\":{\"excluded\":true}}}",
		"2026-11-01T09:00:00", "2026-12-31T09:00 ." },
	{ "hours of working days",
		"{\"frequency\":\"hourly\",\"interval\":12,\"workday\":true,\"calendar\":\"bank\"}",
		"2026-04-02T18:00:00", "2026-04-02T18:00 2026-04-07T06:00 2026-04-07T18:00" },
};

static void times_of(const char *text, const char *start, int n, struct strbuf *buf)
{
	struct rule *rule = parse_bound(text);
	struct recurrence *recurrence = open_rule(rule, start, "Europe/Berlin", RECUR_BY_TIME);
	struct occurrence occurrence;
	char at[INSTANT_TEXT_MAX];
	for (int i = 0; i < n; i++) {
		if (next(recurrence, &occurrence) != RECUR_FOUND) {
			strbuf_add_text(buf, i > 0 ? " ." : ".");
			break;
		}
		wall_format(zone_to_wall(load("Europe/Berlin"), occurrence.at), at);
		strbuf_addf(buf, "%s%.16s", i > 0 ? " " : "", at);
	}
	recurrence_close(recurrence);
	rule_free(rule);
}

static void rules_with_a_calendar(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct strbuf buf CLEANUP(strbuf_free) = STRBUF(4096);
		const char *expected = cases[i].expected;
		int n = (int)(strlen(expected) + 1) / 17 + (strchr(expected, '.') != NULL);
		times_of(cases[i].rule, cases[i].start, n, &buf);
		if (strcmp(buf.data, expected) != 0)
			fail_msg("%s (%s)\nexpected: %s\ngot:      %s", cases[i].what,
				cases[i].rule, expected, buf.data);
	}
}

/* What is printed is read back as the same rule. */
static void canonical_form_is_stable(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct strbuf once CLEANUP(strbuf_free) = STRBUF(4096);
		struct strbuf twice CLEANUP(strbuf_free) = STRBUF(4096);
		struct rule *rule = parse(cases[i].rule);
		rule_to_json(rule, &once);
		rule_free(rule);
		rule = parse(once.data);
		rule_to_json(rule, &twice);
		rule_free(rule);
		assert_string_equal(once.data, twice.data);
	}
}

static void sentences_tell_them_apart(void **state)
{
	static const struct {
		const char *rule, *sentence;
	} said[] = {
		{ "{\"frequency\":\"monthly\",\"workday\":-2,\"calendar\":\"bank\"}",
			"every month on the second last working day (calendar bank) at 09:00" },
		{ "{\"frequency\":\"daily\",\"workday\":true}",
			"every day on working days (Monday to Friday) at 09:00" },
		{ "{\"frequency\":\"yearly\",\"workday\":[1,-1],\"calendar\":\"bank\"}",
			"every year on the first and last working day (calendar bank) of the year "
			"at 09:00" },
		{ "{\"frequency\":\"yearly\",\"workday\":-1,\"byMonth\":[\"3\",\"9\"],"
		  "\"calendar\":\"bank\"}",
			"every year on the last working day (calendar bank) in March and September "
			"at 09:00" },
		{ "{\"frequency\":\"monthly\",\"byMonthDay\":[15],\"workday\":true,\"calendar\":"
		  "\"bank\"}",
			"every month on the 15th if it is a working day (calendar bank) at 09:00" },
		{ "{\"frequency\":\"monthly\",\"byDay\":[{\"day\":\"fr\"}],\"workday\":-1,"
		  "\"calendar\":\"bank\"}",
			"every month on every Friday if it is the last working day (calendar bank) "
			"at 09:00" },
		{ "{\"frequency\":\"weekly\",\"workday\":-1,\"firstDayOfWeek\":\"su\"}",
			"every week on the last working day (Monday to Friday) at 09:00, weeks "
			"from "
			"Sunday on" },
		{ "{\"frequency\":\"monthly\",\"workday\":true,\"bySetPosition\":[-2],"
		  "\"calendar\":\"bank\"}",
			"every month on working days (calendar bank) at 09:00, only the second "
			"last "
			"of these in the month" },
		{ "{\"frequency\":\"monthly\",\"byDay\":[{\"day\":\"mo\"},{\"day\":\"tu\"},{"
		  "\"day\":"
		  "\"we\"},{\"day\":\"th\"},{\"day\":\"fr\"}],\"workday\":true,"
		  "\"bySetPosition\":[-1],\"calendar\":\"bank\"}",
			"every month on every Monday to Friday if it is a working day (calendar "
			"bank) at 09:00, only the last of these in the month" },
		{ "{\"frequency\":\"yearly\",\"byMonth\":[\"12\"],\"byMonthDay\":[24],\"workday\":"
		  "true}",
			"every year on the 24th of December if it is a working day (Monday to "
			"Friday) at 09:00" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(said); i++) {
		struct strbuf buf CLEANUP(strbuf_free) = STRBUF(4096);
		struct rule *rule = parse(said[i].rule);
		rule_describe(rule, wall("2026-01-01T09:00:00"), &buf);
		assert_string_equal(buf.data, said[i].sentence);
		rule_free(rule);
	}
}

static void what_is_refused(void **state)
{
	static const struct {
		const char *rule, *says;
	} wrong[] = {
		{ "{\"frequency\":\"daily\",\"workday\":-2}",
			"recurrence_rule.workday: not allowed with frequency daily" },
		{ "{\"frequency\":\"monthly\",\"workday\":0}",
			"recurrence_rule.workday: expected true, or which working day" },
		{ "{\"frequency\":\"monthly\",\"workday\":false}", "got false" },
		{ "{\"frequency\":\"monthly\",\"workday\":[]}", "got []" },
		{ "{\"frequency\":\"monthly\",\"workday\":[1,400]}",
			"recurrence_rule.workday[1]: expected 1 ... 366" },
		{ "{\"frequency\":\"monthly\",\"workday\":\"last\"}", "got \"last\"" },
		{ "{\"frequency\":\"monthly\",\"calendar\":\"bank\"}",
			"recurrence_rule.calendar: says which days are working days, and needs "
			"workday beside it" },
		{ "{\"frequency\":\"monthly\",\"workday\":1,\"calendar\":\"my bank\"}",
			"recurrence_rule.calendar: expected the name of a calendar" },
		{ "{\"frequency\":\"monthly\",\"workday\":1,\"calendar\":\"\"}", "the name of" },
		{ "{\"frequency\":\"monthly\",\"workday\":1,\"calendar\":7}", "got 7" },
		{ "{\"frequency\":\"yearly\",\"workday\":1,\"byWeekNo\":[1]}",
			"not allowed together with byWeekNo" },
		{ "{\"cron\":\"0 9 * * *\",\"workday\":1}",
			"recurrence_rule.cron: workday: not allowed with frequency daily" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct rule *rule = NULL;
		struct err err = { .text = "" };
		assert_false(rule_parse(wrong[i].rule, strlen(wrong[i].rule), &rule, &err));
		if (!strstr(err.text, wrong[i].says))
			fail_msg("%s\n%s", wrong[i].rule, err.text);
	}
}

static void a_calendar_that_is_not_there_is_told(void **state)
{
	struct rule *rule = parse(
		"{\"frequency\":\"monthly\",\"workday\":1,\"calendar\":\"moon\"}");
	struct recurrence *recurrence = NULL;
	struct err err;
	(void)state;
	assert_false(rule_use_calendars(rule, bank, &err));
	assert_non_null(
		strstr(err.text, "recurrence_rule.calendar: there is no calendar \"moon\""));
	assert_false(recurrence_open(
		rule, wall("2026-01-01T09:00:00"), load("UTC"), 0, &recurrence, &err));
	rule_free(rule);
}

/* A working day that never comes is given up, not looked for until the end of time. */
static void what_never_comes_ends(void **state)
{
	struct rule *rule = parse_bound(
		"{\"frequency\":\"yearly\",\"byMonth\":[\"12\"],\"byMonthDay\":[25],"
		"\"workday\":true,\"calendar\":\"bank\"}");
	struct recurrence *recurrence = open_rule(rule, "2026-01-01T09:00:00", "UTC", 0);
	struct occurrence occurrence;
	(void)state;
	assert_int_not_equal(next(recurrence, &occurrence), RECUR_FOUND);
	recurrence_close(recurrence);
	rule_free(rule);
}

/* ---- the oracle ---- */

struct wanted {
	const struct workdays *workdays;
	bool yearly;
	int months; /* bit each, 0: all */
	int nth[2], nths; /* 0: all */
	int interval;
};

static bool oracle_takes(const struct wanted *wanted, int64_t start, int64_t day)
{
	int64_t list[366];
	struct civil first = civil_from_wall(start * 86400), civil = civil_from_wall(day * 86400);
	bool year = wanted->yearly && wanted->months == 0;
	int n = 0, at = -1;
	int periods = wanted->yearly ? civil.year - first.year
				     : (civil.year - first.year) * 12 + civil.month - first.month;
	if (day < start || periods % wanted->interval != 0 ||
		(wanted->months != 0 && (wanted->months >> civil.month & 1) == 0))
		return false;
	for (int64_t d = days_from_civil(civil.year, year ? 1 : civil.month, 1);; d++) {
		struct civil its = civil_from_wall(d * 86400);
		if (its.year != civil.year || (!year && its.month != civil.month))
			break;
		if (!workdays_work(wanted->workdays, d))
			continue;
		at = d == day ? n : at;
		list[n++] = d;
	}
	if (at < 0 || wanted->nths == 0)
		return at >= 0;
	for (int i = 0; i < wanted->nths; i++) {
		int index = wanted->nth[i] > 0 ? wanted->nth[i] - 1 : n + wanted->nth[i];
		if (index >= 0 && index < n && list[index] == day)
			return true;
	}
	return false;
}

static char *rule_of(const struct wanted *wanted)
{
	struct strbuf buf = STRBUF(1024);
	strbuf_addf(&buf, "{\"frequency\":\"%s\",\"interval\":%d,\"calendar\":\"%s\",\"workday\":",
		wanted->yearly ? "yearly" : "monthly", wanted->interval,
		workdays_name(wanted->workdays));
	if (wanted->nths == 0)
		strbuf_add_text(&buf, "true");
	for (int i = 0; i < wanted->nths; i++)
		strbuf_addf(&buf, "%c%d", i == 0 ? '[' : ',', wanted->nth[i]);
	strbuf_add_text(&buf, wanted->nths > 0 ? "]" : "");
	const char *comma = ",\"byMonth\":[";
	for (int month = 1; month <= 12; month++) {
		if ((wanted->months >> month & 1) == 0)
			continue;
		strbuf_addf(&buf, "%s\"%d\"", comma, month);
		comma = ",";
	}
	strbuf_add_text(&buf, wanted->months != 0 ? "]}" : "}");
	char *text = mem_strdup(buf.data);
	strbuf_free(&buf);
	return text;
}

static struct wanted random_rule(void)
{
	struct wanted wanted = { .workdays = calendars_at(bank, (size_t)(rand() % 2)),
		.yearly = rand() % 2,
		.nths = rand() % 3,
		.interval = rand() % 3 ? 1 : 1 + rand() % 4 };
	/* Months that steps of months never reach are refused elsewhere. */
	if (rand() % 2 && (wanted.yearly || wanted.interval == 1))
		wanted.months = (1 << (1 + rand() % 12)) | (1 << (1 + rand() % 12));
	for (int i = 0; i < wanted.nths; i++) {
		int most = wanted.yearly && wanted.months == 0 ? 262 : 23;
		wanted.nth[i] = (1 + rand() % most) * (rand() % 2 ? 1 : -1);
	}
	return wanted;
}

static void random_rules_agree(void **state)
{
	const int64_t begin = days_from_civil(2024, 1, 1), end = days_from_civil(2031, 1, 1);
	(void)state;
	srand(12);
	for (int i = 0; i < 150; i++) {
		struct wanted wanted = random_rule();
		char *text CLEANUP(mem_cleanup) = rule_of(&wanted);
		struct rule *rule = parse_bound(text);
		struct recurrence *recurrence = NULL;
		struct occurrence found;
		int64_t start = begin + rand() % 400;
		assert_true(recurrence_open(
			rule, start * 86400 + 32400, load("UTC"), 0, &recurrence, NULL));
		enum recur_status status = next(recurrence, &found);
		for (int64_t day = begin; day < end; day++) {
			bool ours = status == RECUR_FOUND && found.at == day * 86400 + 32400;
			if (ours != oracle_takes(&wanted, start, day))
				fail_msg("%s from day %d: day %d is %s", text, (int)start, (int)day,
					ours ? "given" : "missing");
			if (ours)
				status = next(recurrence, &found);
		}
		recurrence_close(recurrence);
		rule_free(rule);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_with_a_calendar),
		cmocka_unit_test(canonical_form_is_stable),
		cmocka_unit_test(sentences_tell_them_apart),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(a_calendar_that_is_not_there_is_told),
		cmocka_unit_test(what_never_comes_ends),
		cmocka_unit_test(random_rules_agree),
	};
	return cmocka_run_group_tests(tests, open_calendars, close_calendars);
}
