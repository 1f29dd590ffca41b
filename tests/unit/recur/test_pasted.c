/* pasted: rules as crontabs, calendars and other programs write them; what is understood, by its canonical
 * form, and what is refused, with what to write instead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "recur/rule.h"
#include "recur/zone.h"
#include "recur/zone_names.h"
#include "util/mem.h"

static bool read_value(json_t *json, struct strbuf *text, struct err *err)
{
	struct rule *rule = NULL;
	strbuf_reset(text);
	if (!rule_parse_value(json, &rule, err))
		return false;
	rule_to_rrule(rule, text);
	if (rule_time_zone(rule))
		strbuf_addf(text, " %s", rule_time_zone(rule));
	rule_free(rule);
	return true;
}

static bool read_text(const char *key, const char *value, struct strbuf *text, struct err *err)
{
	json_auto_t *json = json_pack("{ss}", key, value);
	assert_non_null(json);
	return read_value(json, text, err);
}

struct understood {
	const char *text, *canonical;
};

static void check_understood(const char *key, const struct understood *cases, size_t n)
{
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(RULE_BYTES_MAX);
	struct err err;
	for (size_t i = 0; i < n; i++) {
		if (!read_text(key, cases[i].text, &text, &err))
			fail_msg("%s: %s", cases[i].text, err.text);
		if (strcmp(text.data, cases[i].canonical) != 0)
			fail_msg("%s\nexpected: %s\ngot:      %s", cases[i].text,
				cases[i].canonical, text.data);
	}
}

static void check_refused(const char *key, const struct understood *cases, size_t n)
{
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(RULE_BYTES_MAX);
	struct strbuf expected CLEANUP(strbuf_free) = STRBUF(RULE_BYTES_MAX);
	struct err err;
	for (size_t i = 0; i < n; i++) {
		strbuf_reset(&expected);
		strbuf_addf(&expected, "recurrence_rule.%s: %s", key, cases[i].canonical);
		if (read_text(key, cases[i].text, &text, &err))
			fail_msg("accepted: %s as %s", cases[i].text, text.data);
		if (strcmp(err.text, expected.data) != 0)
			fail_msg("%s\nexpected: %s\ngot:      %s", cases[i].text, expected.data,
				err.text);
	}
}

/* cron ---------------------------------------------------------------------------------------------- */

static void cron_is_read_as_it_is_written_in_the_world(void **state)
{
	static const struct understood cases[] = {
		/* A name may end a range, and Sunday a week. */
		{ "0 9 * * mon-sun", "FREQ=DAILY;BYHOUR=9;BYMINUTE=0;BYSECOND=0" },
		{ "0 9 * * fri-sun", "FREQ=WEEKLY;BYDAY=FR,SA,SU;BYHOUR=9;BYMINUTE=0;BYSECOND=0" },
		{ "0 9 * * sun-tue", "FREQ=WEEKLY;BYDAY=MO,TU,SU;BYHOUR=9;BYMINUTE=0;BYSECOND=0" },
		{ "0 9 * * 6-0", "FREQ=WEEKLY;BYDAY=SA,SU;BYHOUR=9;BYMINUTE=0;BYSECOND=0" },
		{ "0 9 * * sat-sun/1", "FREQ=WEEKLY;BYDAY=SA,SU;BYHOUR=9;BYMINUTE=0;BYSECOND=0" },
		/* From a value on: 5-59/15. */
		{ "5/15 * * * *", "FREQ=HOURLY;BYMINUTE=5,20,35,50;BYSECOND=0" },
		{ "0 8/4 * * *", "FREQ=DAILY;BYHOUR=8,12,16,20;BYMINUTE=0;BYSECOND=0" },
		{ "0 0 1/10 * *",
			"FREQ=MONTHLY;BYMONTHDAY=1,11,21,31;BYHOUR=0;BYMINUTE=0;BYSECOND=0" },
		{ "0 9 * * 1/4", "FREQ=WEEKLY;BYDAY=MO,FR;BYHOUR=9;BYMINUTE=0;BYSECOND=0" },
		/* Quartz and AWS write ? for the day that says nothing. */
		{ "0 9 ? * mon", "FREQ=WEEKLY;BYDAY=MO;BYHOUR=9;BYMINUTE=0;BYSECOND=0" },
		{ "0 9 1 * ?", "FREQ=MONTHLY;BYMONTHDAY=1;BYHOUR=9;BYMINUTE=0;BYSECOND=0" },
		{ "0 9 * * ?", "FREQ=DAILY;BYHOUR=9;BYMINUTE=0;BYSECOND=0" },
		{ "@yearly", "FREQ=MONTHLY;BYMONTH=1;BYMONTHDAY=1;BYHOUR=0;BYMINUTE=0;BYSECOND=0" },
		{ "@Annually",
			"FREQ=MONTHLY;BYMONTH=1;BYMONTHDAY=1;BYHOUR=0;BYMINUTE=0;BYSECOND=0" },
		{ "@monthly", "FREQ=MONTHLY;BYMONTHDAY=1;BYHOUR=0;BYMINUTE=0;BYSECOND=0" },
		{ "@weekly", "FREQ=WEEKLY;BYDAY=SU;BYHOUR=0;BYMINUTE=0;BYSECOND=0" },
		{ "@daily", "FREQ=DAILY;BYHOUR=0;BYMINUTE=0;BYSECOND=0" },
		{ " @midnight\n", "FREQ=DAILY;BYHOUR=0;BYMINUTE=0;BYSECOND=0" },
		{ "@hourly", "FREQ=HOURLY;BYMINUTE=0;BYSECOND=0" },
		/* A zone before it, on its line or on one of its own. */
		{ "CRON_TZ=Europe/Berlin 0 9 * * *",
			"FREQ=DAILY;BYHOUR=9;BYMINUTE=0;BYSECOND=0 Europe/Berlin" },
		{ "TZ=\"europe/berlin\" @daily",
			"FREQ=DAILY;BYHOUR=0;BYMINUTE=0;BYSECOND=0 Europe/Berlin" },
		{ "# stand-up\nCRON_TZ=:Asia/Tokyo\n\n  0\t9 * * 1-5  \r\n",
			"FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=9;BYMINUTE=0;BYSECOND=0 "
			"Asia/Tokyo" },
		/* The last weekday; of several times a day, all. */
		{ "0 9 LW * *", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=9;BYMINUTE=0;BYSECOND=0;"
				"BYSETPOS=-1" },
		{ "0,30 9 lw 3,6 ?",
			"FREQ=MONTHLY;BYMONTH=3,6;BYDAY=MO,TU,WE,TH,FR;BYHOUR=9;BYMINUTE=0,30;"
			"BYSECOND=0;BYSETPOS=-1,-2" },
		{ "\xef\xbb\xbf"
		  "0 9 * * *\n",
			"FREQ=DAILY;BYHOUR=9;BYMINUTE=0;BYSECOND=0" },
	};
	(void)state;
	check_understood("cron", cases, ARRAY_LEN(cases));
}

static void cron_without_an_exact_meaning_says_what_to_write(void **state)
{
	static const struct understood cases[] = {
		{ "0 22-2 * * *", "hour: \"22-2\" runs backwards, write 22-23,0-2" },
		{ "50-10 * * * *", "minute: \"50-10\" runs backwards, write 50-59,0-10" },
		{ "0 9 * nov-feb *", "month: \"nov-feb\" runs backwards, write nov-dec,jan-feb" },
		{ "0 9 * * fri-mon",
			"day of the week: \"fri-mon\" runs backwards, write fri-sat,sun-mon" },
		{ "0 9 * * 5-1", "day of the week: \"5-1\" runs backwards, write fri-sat,sun-mon" },
		{ "0 9 * * 7-2", "day of the week: \"7-2\" runs backwards, write sun-tue" },
		{ "*/90 * * * *", "minute: \"*/90\": a step of 90 is larger than the field, which "
				  "starts anew "
				  "after 59; write one value, or a rule with an interval" },
		{ "0 0 * * 1/2",
			"day of the week: \"1/2\": some end it with Saturday, some with Sunday; "
			"write 1-6/2 or 1-7/2" },
		{ "0 0 0 9 * * *", "seven fields, expected five: no seconds, no year, no command" },
		{ "0 0 9 * * mon", "six fields, expected five: no seconds, no year, no command" },
		{ "0 9 * * * * * * * * * *",
			"ten or more fields, expected five: no seconds, no year, no command" },
		{ "0 9 * *", "four fields, expected five: minute, hour, day of the month, month, "
			     "day of the week" },
		{ "0", "one field, expected five: minute, hour, day of the month, month, day of "
		       "the week" },
		{ "0 9 15W * *",
			"day of the month: \"15W\": the weekday nearest to a day is not one that a "
			"rule can name; write the day alone, or LW for the month's last weekday" },
		{ "@reboot", "@reboot: a start of a machine is no time of a calendar, write when "
			     "it is to be" },
		{ "@every 1h30m", "@every: cron's fields have no interval, write "
				  "{\"frequency\":\"minutely\",\"interval\":90} for 90 minutes" },
		{ "@fortnightly",
			"expected five fields or @yearly ... @hourly, got \"@fortnightly\"" },
		{ "@daily /usr/bin/true",
			"\"@daily\": expected nothing behind it, and no command" },
		{ "0 9 ? * ?", "? for both days, write * for one of them" },
		{ "? 9 * * *", "minute: \"?\": ? may only stand alone, for a day; write *" },
		{ "0 9 ?/2 * *",
			"day of the month: \"?/2\": ? may only stand alone, for a day; write *" },
		{ "H 9 * * *",
			"minute: \"H\": no time is made from a job's name here; write a number" },
		{ "0~59 9 * * *",
			"minute: \"0~59\": no time is drawn at random here; write a number" },
		{ "0 9 LW,15 * *", "day of the month: LW beside other days: one rule cannot say "
				   "that; write two" },
		{ "0 9 LW * */2",
			"day of the month: LW and a day of the week: write * for the latter" },
		{ "* * LW * *", "day of the month: LW with 1440 times a day, at most 366" },
		{ "0 9 13 * fri", "a day of the month and a day of the week: cron takes either, "
				  "which one rule "
				  "cannot say, write two rules" },
		{ "MAILTO=root 0 9 * * *",
			"MAILTO=: only CRON_TZ= and TZ= may stand before the fields" },
		{ "CRON_TZ=UTC TZ=UTC 0 9 * * *", "TZ=: the time zone is given twice" },
		{ "CRON_TZ='UTC 0 9 * * *", "CRON_TZ=: the quote does not end" },
		{ "TZ=../../etc/passwd 0 9 * * *",
			"TZ=: expected a time zone like Europe/Berlin, got \"../../etc/passwd\"" },
		{ "0 9 * * *\n0 17 * * *", "a second line \"0 17 * * *\": one rule is one line" },
		{ "CRON_TZ=UTC\n", "no fields, expected five: minute, hour, day of the month, "
				   "month, day of the week" },
		{ "1,,2 9 * * *", "minute: cannot read \"1,,2\": nothing stands beside a comma" },
		{ "0 9 * * monday", "day of the week: cannot read \"monday\", expected 0 ... 7 or "
				    "names of three "
				    "letters, ranges, lists and steps" },
	};
	(void)state;
	check_refused("cron", cases, ARRAY_LEN(cases));
}

/* Text of calendars ---------------------------------------------------------------------------------- */

static void stray_separators_and_blanks_say_nothing(void **state)
{
	static const struct understood cases[] = {
		{ "FREQ=DAILY;", "FREQ=DAILY" },
		{ "FREQ=DAILY;;COUNT=2", "FREQ=DAILY;COUNT=2" },
		{ "FREQ=WEEKLY; BYDAY=MO, WE,\tFR,; COUNT = 3 ;",
			"FREQ=WEEKLY;BYDAY=MO,WE,FR;COUNT=3" },
		{ "  RRULE: FREQ=DAILY  \r\n\r\n", "FREQ=DAILY" },
		{ "FREQ=DAILY\n", "FREQ=DAILY" },
		{ "INTERVAL=2;FREQ=DAILY\n", "FREQ=DAILY;INTERVAL=2" },
		{ "\xef\xbb\xbfRRULE:FREQ=DAILY", "FREQ=DAILY" },
		{ "FREQ=DAILY;BYHOUR=9,", "FREQ=DAILY;BYHOUR=9" },
		{ "EXDATE:20250101T090000,\nRRULE:FREQ=DAILY;", "FREQ=DAILY" },
		{ "EXDATE: 20250101T090000 , 20250102T090000 \nRRULE:FREQ=DAILY;", "FREQ=DAILY" },
		/* Out of a program: all lines indented, or all but the first. */
		{ "\n    DTSTART;TZID=Europe/Berlin:20250101T090000\n    RRULE:FREQ=DAILY\n",
			"FREQ=DAILY Europe/Berlin" },
		{ "DTSTART:20250101T090000\n    RRULE:FREQ=WEEKLY;\n      BYDAY=MO\n"
		  "    EXDATE:20250106T090000",
			"FREQ=WEEKLY;BYDAY=MO" },
		/* A fold is one blank, wherever it falls. */
		{ "DTST\n ART;TZID=Europe/\r\n\tBerlin:20250101T090000\nRRULE:\n FREQ=DAILY",
			"FREQ=DAILY Europe/Berlin" },
	};
	(void)state;
	check_understood("rrule", cases, ARRAY_LEN(cases));
}

static void lines_of_calendars_are_read(void **state)
{
	static const struct understood cases[] = {
		{ "DTSTART;X-VOBJ-ORIGINAL-TZID=\"a;b:c,d\";TZID=Europe/Paris:20250101T090000\n"
		  "RRULE;X-EVOLUTION-ENDDATE=20250401T090000Z:FREQ=DAILY",
			"FREQ=DAILY Europe/Paris" },
		{ "DTSTART;TZID=/mozilla.org/20050126_1/Europe/Paris:20250101T090000\n"
		  "EXDATE;TZID=Europe/Paris:20250101T090000\nRRULE:FREQ=DAILY",
			"FREQ=DAILY Europe/Paris" },
		{ "DTSTART;TZID=(UTC+01:00) Amsterdam, Berlin, Bern, Rome:20250101T090000\n"
		  "RRULE:FREQ=DAILY",
			"FREQ=DAILY Europe/Berlin" },
		{ "DTSTART;TZID=\"(UTC+01:00) Amsterdam, Berlin\":20250101T090000\n"
		  "EXDATE;TZID=W. Europe Standard Time:20250101T090000\nRRULE:FREQ=DAILY",
			"FREQ=DAILY Europe/Berlin" },
		/* They say the same. */
		{ "DTSTART;TZID=UTC:20250101T090000Z\nRRULE:FREQ=DAILY", "FREQ=DAILY UTC" },
	};
	static const struct understood wrong[] = {
		{ "DTSTART;TZID=Europe/Berlin:20250101T090000Z\nRRULE:FREQ=DAILY",
			"DTSTART: 20250101T090000Z has a Z, which is UTC, beside "
			"TZID=Europe/Berlin: leave out one of them" },
		{ "EXDATE;TZID=Europe/Berlin:20250101T090000,20250102T090000Z\nRRULE:FREQ=DAILY",
			"EXDATE: 20250102T090000Z has a Z, which is UTC, beside "
			"TZID=Europe/Berlin: leave out one of them" },
		{ "DTSTART;RANGE=THISANDFUTURE:20250101T090000\nRRULE:FREQ=DAILY",
			"DTSTART: parameter \"RANGE=THISANDFUTURE\" is not supported" },
		{ "DTSTART;TZID:20250101T090000\nRRULE:FREQ=DAILY",
			"DTSTART: cannot read the parameter \"TZID\"" },
		{ "DTSTART;TZID=\"Europe/Berlin:20250101T090000\nRRULE:FREQ=DAILY",
			"DTSTART: cannot read the parameter \"TZID\"" },
		{ "DTSTART;TZID=Customized Time Zone:20250101T090000\nRRULE:FREQ=DAILY",
			"TZID: expected a time zone like Europe/Berlin, got \"Customized Time "
			"Zone\"" },
		{ "EXDATE:,\nRRULE:FREQ=DAILY", "EXDATE: expected a date with a time, got \"\"" },
		{ "FREQ=DAILY;BYHOUR=9,,17", "BYHOUR: expected 0 ... 23, got \"\"" },
		{ "FREQ=WEEKLY;BYDAY=MO WE",
			"BYDAY: expected a number from 1 to 53 or -1 to -53 before the day, got "
			"\"MO WE\"" },
	};
	(void)state;
	check_understood("rrule", cases, ARRAY_LEN(cases));
	check_refused("rrule", wrong, ARRAY_LEN(wrong));
}

/* What is stored is not always an object, though what it says is clear. */
static void rules_may_be_bare(void **state)
{
	static const struct understood cases[] = {
		{ "\"FREQ=DAILY\"", "FREQ=DAILY" },
		{ "\"RRULE:FREQ=DAILY\\n\"", "FREQ=DAILY" },
		{ "\"0 9 * * 1\"", "FREQ=WEEKLY;BYDAY=MO;BYHOUR=9;BYMINUTE=0;BYSECOND=0" },
		{ "\"CRON_TZ=Asia/Tokyo @hourly\"",
			"FREQ=HOURLY;BYMINUTE=0;BYSECOND=0 Asia/Tokyo" },
		{ "[\"EXDATE;TZID=Asia/Tokyo:20250101T090000\",\"RRULE:FREQ=DAILY\"]",
			"FREQ=DAILY Asia/Tokyo" },
		{ "{\"rrule\":[\"RRULE:FREQ=DAILY\"],\"timeZone\":\"asia/tokyo\"}",
			"FREQ=DAILY Asia/Tokyo" },
		{ "\"{\\\"frequency\\\":\\\"daily\\\",\\\"interval\\\":2.0}\"",
			"FREQ=DAILY;INTERVAL=2" },
		{ "{\"frequency\":\"daily\",\"interval\":2.0}", "FREQ=DAILY;INTERVAL=2" },
	};
	static const struct understood wrong[] = {
		{ "[]", "recurrence_rule: expected an object, got []" },
		{ "\"\"", "recurrence_rule: expected an object, got \"\"" },
		{ "[1]", "recurrence_rule.rrule[0]: expected a line like \"RRULE:FREQ=DAILY\", got "
			 "1" },
		{ "{\"rrule\":[]}", "recurrence_rule.rrule: expected a text like \"FREQ=DAILY\", "
				    "or a list of lines, got []" },
		{ "{\"rrule\":[\"RRULE:FREQ=DAILY\",[]]}",
			"recurrence_rule.rrule[1]: expected a line like \"RRULE:FREQ=DAILY\", got "
			"[]" },
		{ "\"\\\"FREQ=DAILY\\\"\"", "recurrence_rule.rrule: unknown part "
					    "\"\"FREQ=DAILY\"\" (did you mean \"FREQ\"?)" },
	};
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(RULE_BYTES_MAX);
	struct err err;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct rule *rule = NULL;
		if (!rule_parse(cases[i].text, strlen(cases[i].text), &rule, &err))
			fail_msg("%s: %s", cases[i].text, err.text);
		strbuf_reset(&text);
		rule_to_rrule(rule, &text);
		if (rule_time_zone(rule))
			strbuf_addf(&text, " %s", rule_time_zone(rule));
		assert_string_equal(text.data, cases[i].canonical);
		rule_free(rule);
	}
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct rule *rule = NULL;
		if (rule_parse(wrong[i].text, strlen(wrong[i].text), &rule, &err))
			fail_msg("accepted: %s", wrong[i].text);
		assert_string_equal(err.text, wrong[i].canonical);
	}
}

/* Zone names ----------------------------------------------------------------------------------------- */

static void zone_names_of_others_are_understood(void **state)
{
	static const struct {
		const char *text, *name; /* NULL: refused */
	} cases[] = {
		{ "Europe/Berlin", "Europe/Berlin" },
		{ "europe/berlin", "Europe/Berlin" },
		{ "AMERICA/ARGENTINA/BUENOS_AIRES", "America/Argentina/Buenos_Aires" },
		{ "utc", "UTC" },
		{ " \"Asia/Kolkata\" ", "Asia/Kolkata" },
		{ "/freeassociation.sourceforge.net/Tzfile/Europe/Vienna", "Europe/Vienna" },
		{ "/softwarestudio.org/Olson_20011030_5/America/Argentina/Ushuaia",
			"America/Argentina/Ushuaia" },
		{ "/citadel.org/20210210_1/Etc/GMT+5", "Etc/GMT+5" },
		{ "tzone://Microsoft/Utc", "UTC" },
		{ "W. Europe Standard Time", "Europe/Berlin" },
		{ "Romance Standard Time", "Europe/Paris" },
		{ "Eastern Standard Time", "America/New_York" },
		{ "India Standard Time", "Asia/Kolkata" },
		{ "FLE Standard Time", "Europe/Kyiv" },
		{ "Mountain Standard Time (Mexico)", "America/Mazatlan" },
		{ "UTC-02", "Etc/GMT+2" },
		{ "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "Europe/Berlin" },
		{ "(GMT+01.00) Amsterdam / Berlin / Bern / Rome / Stockholm / Vienna",
			"Europe/Berlin" },
		{ "(UTC-05:00) Eastern Time (US & Canada)", "America/New_York" },
		{ "(GMT-08:00) Pacific Time (US and Canada); Tijuana", "America/Los_Angeles" },
		{ "(UTC) Coordinated Universal Time", "Etc/UTC" },
		{ "(UTC-11:00) Coordinated Universal Time-11", "Etc/GMT+11" },
		{ "(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi", "Asia/Kolkata" },
		/* One that may be a zone tomorrow, or on another machine. */
		{ "Mars/Olympus", "Mars/Olympus" },
		{ "LocalTime", NULL },
		{ "", NULL },
		{ "/", NULL },
		{ "/mozilla.org/20050126_1/Europe/Atlantis", NULL },
		{ "/../../etc/passwd", NULL },
		{ "localtime", NULL },
		{ "(UTC+02:00) Amsterdam, Berlin", NULL },
		{ "(UTC+01:00", NULL },
		{ "posix/Europe/Berlin", "Europe/Berlin" },
		{ "POSIX/europe/berlin", "Europe/Berlin" },
		{ "/vendor/posix/Europe/Berlin", "Europe/Berlin" },
		{ "posix/Mars/Olympus", "Mars/Olympus" },
		{ "Factory", NULL },
		{ "posix/factory", NULL },
		{ "right/Europe/Berlin", NULL },
		{ "(UTC+1) Amsterdam", NULL },
		{ "Customized Time Zone", NULL },
		{ "Europe/Berl\xc3\xadn", NULL },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *name CLEANUP(mem_cleanup) = NULL;
		struct err err = { .text = "" };
		if (!zone_names_read(cases[i].text, strlen(cases[i].text), &name, &err)) {
			if (cases[i].name)
				fail_msg("%s: %s", cases[i].text, err.text);
			continue;
		}
		if (!cases[i].name)
			fail_msg("accepted: %s as %s", cases[i].text, name);
		assert_string_equal(name, cases[i].name);
	}
}

/* PostgreSQL takes them so, and users' preferences hold what it takes. */
static void zones_are_loaded_in_any_case(void **state)
{
	const struct zone *zone = NULL, *same = NULL;
	(void)state;
	assert_true(zone_load("eUROPE/bERLIN", &zone, NULL));
	assert_string_equal(zone_name(zone), "Europe/Berlin");
	assert_true(zone_load("Europe/Berlin", &same, NULL));
	assert_ptr_equal(zone, same);
	assert_false(zone_load("LOCALTIME", &zone, NULL));
	assert_false(zone_load("europe/atlantis", &zone, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cron_is_read_as_it_is_written_in_the_world),
		cmocka_unit_test(cron_without_an_exact_meaning_says_what_to_write),
		cmocka_unit_test(stray_separators_and_blanks_say_nothing),
		cmocka_unit_test(lines_of_calendars_are_read),
		cmocka_unit_test(rules_may_be_bare),
		cmocka_unit_test(zone_names_of_others_are_understood),
		cmocka_unit_test(zones_are_loaded_in_any_case),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
