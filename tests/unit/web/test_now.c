/* The first page: what it says in one line, and that nothing that is written in a database becomes markup. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "web/sample.h"

static struct said said_of(const struct now *now)
{
	struct said said;
	now_say(now, &said);
	return said;
}

static void says_that_all_is_well_and_what_comes(void **state)
{
	(void)state;
	struct now now = sample_now();
	struct said said = said_of(&now);
	assert_int_equal(said.verdict, VERDICT_FINE);
	assert_string_equal(said.words, "All on time.");
	assert_string_equal(said.more, "Next: water the plants, in 2 s.");
	now.upcoming_n = 0;
	assert_string_equal(said_of(&now).more, "Nothing is to come.");
}

/* At 03:00, on a phone: are people's reminders late, since when, and why? */
static void says_who_waits_how_long_and_why(void **state)
{
	(void)state;
	struct now now = sample_now();
	now.figures.due_reminders = 43;
	now.figures.lag_reminders = SEC(12);
	struct said said = said_of(&now);
	assert_int_equal(said.verdict, VERDICT_LATE);
	assert_string_equal(said.words, "43 reminders wait, the oldest 12 s.");
	assert_string_equal(said.more, "Workers are there: they catch up.");

	now.figures.waits = "the database refuses writes since 14:02";
	assert_string_equal(said_of(&now).reason, "The database refuses writes since 14:02");

	now.figures.alive = 0;
	now.figures.last_seen = now.face.now - SEC(300);
	now.figures.due_templates = 1000;
	now.figures.due_capped = true;
	said = said_of(&now);
	assert_string_equal(said.words, "43 reminders and 1,000+ tasks wait, the oldest 12 s.");
	assert_string_equal(said.reason, "No worker runs since 13:57:31 (5 min ago)");
}

static void warns_of_workers_that_are_missing_before_anything_is_late(void **state)
{
	(void)state;
	struct now now = sample_now();
	now.figures.alive = 0;
	now.figures.last_seen = INSTANT_NONE;
	struct said said = said_of(&now);
	assert_int_equal(said.verdict, VERDICT_WARN);
	assert_string_equal(said.words, "No worker is running.");
	assert_string_equal(said.reason, "No worker was ever here");
}

static void says_that_the_database_is_away_and_keeps_what_it_knew(void **state)
{
	(void)state;
	struct strbuf out CLEANUP(strbuf_free) = STRBUF(PAGE_MAX);
	struct now now = sample_now();
	struct page page = sample_page(&now);
	now.away = "connection refused";
	now.away_since = now.face.now;
	page.away = now.away;
	now_page(&out, &now, &page);
	assert_non_null(strstr(out.data, "The database does not answer."));
	assert_non_null(strstr(out.data, "Since 14:02:31."));
	assert_non_null(strstr(out.data, "water the plants"));
}

#define HOSTILE "<script>alert(1)</script>\" onload='x' \xe2\x80\xae\xff\x01 &amp; {rule} {?no}"

/* Every text of every row. */
static void hostile_texts_are_shown_and_are_no_markup(void **state)
{
	(void)state;
	struct strbuf out CLEANUP(strbuf_free) = STRBUF(PAGE_MAX);
	struct now now = sample_now();
	struct upcoming_row upcoming[] = { { now.face.now + SEC(5), false, HOSTILE, HOSTILE,
						   HOSTILE, HOSTILE, HOSTILE, INT64_MAX - 2 },
		{ USEC_MINUS_INFINITY, true, HOSTILE, NULL, HOSTILE, NULL, NULL, INT64_MIN } };
	struct quarantine_row quarantine[] = { { HOSTILE, HOSTILE, HOSTILE, HOSTILE,
		"recurrence_rule: not JSON: (line 1, column 7)" HOSTILE, HOSTILE, USEC_INFINITY,
		USEC_MINUS_INFINITY, 0 } };
	struct decision_row decisions[] = { { INSTANT_NONE, USEC_MINUS_INFINITY, USEC_INFINITY,
		INT64_MAX, HOSTILE, HOSTILE, HOSTILE, HOSTILE } };
	struct page page = sample_page(&now);
	now.upcoming = upcoming, now.upcoming_n = 2;
	now.quarantine = quarantine, now.quarantine_n = 1;
	now.decisions = decisions, now.decisions_n = 1;
	now.figures.waits = HOSTILE;
	now.figures.lag_reminders = SEC(10);
	page.database = HOSTILE;
	now_page(&out, &now, &page);
	rows_quarantine_whole(&out, &now.face, quarantine, 1);
	assert_null(strstr(out.data, "<script>a"));
	assert_null(strstr(out.data, "' \xe2\x80\xae"));
	assert_non_null(
		strstr(out.data, "&lt;script&gt;alert(1)&lt;/script&gt;&quot; onload=&#39;x&#39; "
				 "\\u{202e}\\xff\\u{1} &amp;amp; {rule} {?no}"));
	assert_non_null(
		strstr(out.data, "template?id=%3Cscript%3Ealert%281%29%3C%2Fscript%3E%22%20"));
	assert_non_null(strstr(out.data, "%E2%80%AE%FF%01"));
}

static void times_name_their_instant_and_spans_are_short(void **state)
{
	(void)state;
	char buf[SHOW_TEXT_MAX];
	struct face face = { sample_zone("Europe/Berlin"), sample_at(SAMPLE_NOW) };
	assert_string_equal(
		show_instant(&face, sample_at("2026-11-28T22:59:59Z"), buf), "23:59:59");
	assert_string_equal(
		show_instant(&face, sample_at("2026-11-28T23:00:00Z"), buf), "Sun 29 Nov 00:00");
	assert_string_equal(show_instant(&face, sample_at("2027-07-01T10:00:00Z"), buf),
		"Thu 1 Jul 2027 12:00");
	assert_string_equal(show_whole(&face, sample_at("2027-07-01T10:00:00Z"), buf),
		"Thu 1 Jul 2027 12:00:00 +02:00");
	assert_string_equal(show_span(SEC(3600 * 2 + 300), buf), "2 h 5 min");
	assert_string_equal(show_span(SEC(86400 * 3), buf), "3 d");
	assert_string_equal(show_span(3000, buf), "3 ms");
	assert_string_equal(show_distance(&face, face.now - SEC(60), buf), "1 min ago");
	assert_string_equal(show_distance(&face, face.now, buf), "now");
	assert_string_equal(show_distance(&face, USEC_INFINITY, buf), "");
	assert_string_equal(show_distance(&face, INT64_MIN + 5, buf), "");
	assert_string_equal(show_count(1234567, false, buf), "1,234,567");
	assert_string_equal(show_count(1000, true, buf), "1,000+");
}

/* A sampled template that fires twelve times a day counts in the hours of the zone; failed rules are told apart. */
static void the_week_is_counted_by_the_zones_hours(void **state)
{
	(void)state;
	static const char rule[] = "{\"cron\":\"0 */2 * * *\"}";
	struct face face = { sample_zone("Europe/Berlin"), sample_at(SAMPLE_NOW) };
	struct plan_policy policy = { .live_since = INT64_MIN,
		.catch_up_limit = 100,
		.min_interval = SEC(60),
		.default_time_zone = "Europe/Berlin",
		.zone = zone_load };
	struct template template = { .id = "a",
		.user_id = "u",
		.rule = rule,
		.rule_len = sizeof(rule) - 1,
		.next_due_at = sample_at("2026-11-28T15:00:00Z"),
		.planned_due_at = TEMPLATE_NONE,
		.made_through = TEMPLATE_NONE,
		.replan_at = TEMPLATE_NONE,
		.paused_at = TEMPLATE_NONE,
		.resumed_at = TEMPLATE_NONE,
		.ended_at = TEMPLATE_NONE,
		.created_at = TEMPLATE_NONE,
		.is_active = true };
	struct heat heat;
	char note[160];
	heat_begin(&heat, &face);
	heat_add(&heat, &face, &template, &policy);
	assert_true(heat.counts[0][16] == 1 && heat.counts[0][15] == 0 && heat.counts[0][14] == 0);
	assert_true(heat.counts[6][22] == 1 && heat.counts[3][0] == 1);
	template.rule = "{", template.rule_len = 1;
	heat_add(&heat, &face, &template, &policy);
	assert_int_equal(heat.sampled, 2);
	assert_int_equal(heat.failed, 1);
	heat.of = 2;
	heat_note(&heat, &face, note, sizeof(note));
	assert_string_equal(note, "Europe/Berlin · all 2 templates");
	heat.of = 5000;
	heat_note(&heat, &face, note, sizeof(note));
	assert_string_equal(note, "Europe/Berlin · estimated from 2 of 5,000 templates");
}

static bool write_file(const char *folder, const char *name, const char *text, size_t len)
{
	char path[4096];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "w");
	return file && fwrite(text, 1, len, file) == len && fclose(file) == 0;
}

/* --write FOLDER: the page of the README's picture, and what it needs, into FOLDER and FOLDER/assets. */
static int write_page(const char *folder)
{
	struct strbuf out CLEANUP(strbuf_free) = STRBUF(PAGE_MAX);
	struct now now = sample_now();
	struct page page = sample_page(&now);
	char name[256];
	now_page(&out, &now, &page);
	bool good = write_file(folder, "now.html", out.data, out.len);
	for (size_t i = 0; i < ASSET_COUNT && good; i++) {
		snprintf(name, sizeof(name), "assets/%s", assets[i].name);
		good = write_file(folder, name, assets[i].text, strlen(assets[i].text));
	}
	return good ? 0 : 1;
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_that_all_is_well_and_what_comes),
		cmocka_unit_test(says_who_waits_how_long_and_why),
		cmocka_unit_test(warns_of_workers_that_are_missing_before_anything_is_late),
		cmocka_unit_test(says_that_the_database_is_away_and_keeps_what_it_knew),
		cmocka_unit_test(hostile_texts_are_shown_and_are_no_markup),
		cmocka_unit_test(times_name_their_instant_and_spans_are_short),
		cmocka_unit_test(the_week_is_counted_by_the_zones_hours),
	};
	if (argc == 3 && strcmp(argv[1], "--write") == 0)
		return write_page(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
