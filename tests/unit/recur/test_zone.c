/* zone: names that stay in the folder, and conversions at the clock changes that surprise.
 * Every transition of every zone is compared with Python's zoneinfo in tests/integration. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "recur/zone.h"
#include "recur/zone_lacks.h"
#include "recur/zone_names.h"
#include "util/mem.h"
#include "util/timefmt.h"

static int close_zones(void **state)
{
	(void)state;
	zones_close();
	return 0;
}

static const struct zone *load(const char *name)
{
	const struct zone *zone = NULL;
	struct err err;

	if (!zone_load(name, &zone, &err))
		fail_msg("%s", err.text);
	return zone;
}

static void names_cannot_leave_the_folder(void **state)
{
	static const char *const names[] = { "", "/etc/passwd", "../../../etc/passwd", "Europe/..",
		"Europe//Berlin", "/Europe/Berlin", "Europe/Berlin/", "Europe/Berlin ", "Europe",
		"Europe/Berl\xc3\xadn", "zone.tab", "tzdata.zi", "leapseconds", "localtime",
		"posixrules", "Nowhere/City", "Europe/Berlin\n", ".",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		/* Leap seconds: no POSIX time. */
		"right/Europe/Berlin" };
	const struct zone *zone = NULL;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		strcpy(err.text, "");
		if (zone_load(names[i], &zone, &err))
			fail_msg("\"%s\" was accepted", names[i]);
		assert_true(strlen(err.text) > 0);
	}
}

static void copy_zone(const char *from, const char *to)
{
	char *command CLEANUP(mem_cleanup) = mem_printf("cp /usr/share/zoneinfo/%s '%s'", from, to);

	assert_int_equal(system(command), 0);
}

/* PostgreSQL lists some of them, and one of each was taken as default_time_zone. */
static void what_is_no_zone_is_told_with_what_to_write(void **state)
{
	static const struct {
		const char *name, *words;
	} cases[] = {
		{ "Factory", "nobody has chosen" },
		{ "posix/FACTORY", "nobody has chosen" },
		{ "posix/localtime", "this machine has chosen" },
		{ "right/Europe/Berlin", "expected \"Europe/Berlin\"" },
		{ "Right/UTC", "expected \"UTC\"" },
	};
	const struct zone *zone = NULL;
	struct err err = { .text = "" };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_false(zone_load(cases[i].name, &zone, &err));
		if (!strstr(err.text, cases[i].words))
			fail_msg("%s: %s", cases[i].name, err.text);
	}
}

static void a_name_of_the_folder_posix_is_its_plain_one(void **state)
{
	(void)state;
	assert_ptr_equal(load("posix/Europe/Berlin"), load("Europe/Berlin"));
	assert_string_equal(zone_name(load("posix/Asia/Tokyo")), "Asia/Tokyo");
}

static void put(const char *dir, const char *file, const char *text)
{
	char *path CLEANUP(mem_cleanup) = mem_printf("%s/%s", dir, file);
	FILE *out = fopen(path, "we");
	assert_non_null(out);
	fputs(text, out);
	assert_int_equal(fclose(out), 0);
}

/* The slim folders of containers have one file or the other, or none; an upgrade changes it. */
static void the_version_is_found_where_folders_have_it(void **state)
{
	char dir[] = "/tmp/recurd-zone-XXXXXX", version[ZONES_VERSION_MAX] = "x";
	(void)state;
	assert_non_null(mkdtemp(dir));
	char *fifo CLEANUP(mem_cleanup) = mem_printf("%s/tzdata.zi", dir);
	char *both CLEANUP(mem_cleanup) = mem_printf("%s/+VERSION", dir);
	zones_open(dir);
	zones_version(version);
	assert_string_equal(version, "");
	put(dir, "+VERSION", "2024b\n");
	zones_version(version);
	assert_string_equal(version, "2024b");
	assert_int_equal(mkfifo(fifo, 0600), 0); /* would block whoever opens it */
	zones_version(version);
	assert_string_equal(version, "2024b");
	assert_int_equal(unlink(fifo), 0);
	put(dir, "tzdata.zi", "# version 2025b\n# This zic input file");
	zones_version(version);
	assert_string_equal(version, "2025b");
	put(dir, "tzdata.zi", "# version 2026a-custom\nR A 1 2");
	zones_version(version);
	assert_string_equal(version, "2026a-custom");
	put(dir, "tzdata.zi", "garbage");
	zones_version(version);
	assert_string_equal(version, "2024b");
	unlink(fifo);
	unlink(both);
	rmdir(dir);
}

/* After an upgrade a link that was a zone of its own may be another name for one; what was found stays only
 * until the next look. */
static void names_are_looked_for_anew_after_a_look(void **state)
{
	char dir[] = "/tmp/recurd-zone-XXXXXX";
	(void)state;
	assert_non_null(mkdtemp(dir));
	char *old CLEANUP(mem_cleanup) = mem_printf("%s/Old", dir);
	char *new CLEANUP(mem_cleanup) = mem_printf("%s/OLD", dir);
	char *name CLEANUP(mem_cleanup) = NULL, *after CLEANUP(mem_cleanup) = NULL;
	copy_zone("Europe/Berlin", old);
	zones_open(dir);
	assert_true(zone_names_read("old", 3, &name, NULL));
	assert_string_equal(name, "Old");
	assert_int_equal(rename(old, new), 0);
	zones_refresh();
	assert_true(zone_names_read("old", 3, &after, NULL));
	assert_string_equal(after, "OLD");
	unlink(new);
	rmdir(dir);
}

static void a_zone_is_loaded_once(void **state)
{
	(void)state;
	assert_ptr_equal(load("Europe/Berlin"), load("Europe/Berlin"));
	assert_string_equal(zone_name(load("America/Argentina/Buenos_Aires")),
		"America/Argentina/Buenos_Aires");
}

static void wall_times_become_instants(void **state)
{
	static const struct {
		const char *zone, *wall, *instant;
		enum zone_fit fit;
	} cases[] = {
		{ "UTC", "2025-06-01T12:00:00", "2025-06-01T12:00:00Z", ZONE_EXACT },
		/* A gap takes the offset from before it. */
		{ "America/New_York", "2025-03-09T01:59:59", "2025-03-09T06:59:59Z", ZONE_EXACT },
		{ "America/New_York", "2025-03-09T02:00:00", "2025-03-09T07:00:00Z", ZONE_GAP },
		{ "America/New_York", "2025-03-09T02:30:00", "2025-03-09T07:30:00Z", ZONE_GAP },
		{ "America/New_York", "2025-03-09T03:00:00", "2025-03-09T07:00:00Z", ZONE_EXACT },
		/* Of two, the first. */
		{ "America/New_York", "2025-11-02T00:59:59", "2025-11-02T04:59:59Z", ZONE_EXACT },
		{ "America/New_York", "2025-11-02T01:30:00", "2025-11-02T05:30:00Z", ZONE_FOLD },
		{ "America/New_York", "2025-11-02T02:00:00", "2025-11-02T07:00:00Z", ZONE_EXACT },
		{ "Europe/Berlin", "2025-03-30T02:30:00", "2025-03-30T01:30:00Z", ZONE_GAP },
		{ "Europe/Berlin", "2025-10-26T02:30:00", "2025-10-26T00:30:00Z", ZONE_FOLD },
		/* Half an hour. */
		{ "Australia/Lord_Howe", "2025-10-05T02:15:00", "2025-10-04T15:45:00Z", ZONE_GAP },
		{ "Australia/Lord_Howe", "2025-04-06T01:45:00", "2025-04-05T14:45:00Z", ZONE_FOLD },
		/* Winter time is the exception there. */
		{ "Europe/Dublin", "2025-03-30T01:30:00", "2025-03-30T01:30:00Z", ZONE_GAP },
		{ "Europe/Dublin", "2025-07-01T12:00:00", "2025-07-01T11:00:00Z", ZONE_EXACT },
		/* A whole day that never was. */
		{ "Pacific/Apia", "2011-12-30T12:00:00", "2011-12-30T22:00:00Z", ZONE_GAP },
		{ "Pacific/Apia", "2011-12-31T12:00:00", "2011-12-30T22:00:00Z", ZONE_EXACT },
		/* Behind the last transition of the file: the footer. */
		{ "America/St_Johns", "2060-07-01T12:00:00", "2060-07-01T14:30:00Z", ZONE_EXACT },
		{ "America/New_York", "2100-03-14T02:30:00", "2100-03-14T07:30:00Z", ZONE_GAP },
		{ "America/New_York", "2100-12-01T02:30:00", "2100-12-01T07:30:00Z", ZONE_EXACT },
		{ "America/Sao_Paulo", "2050-01-01T00:00:00", "2050-01-01T03:00:00Z", ZONE_EXACT },
		/* 44 minutes and 30 seconds. */
		{ "Africa/Monrovia", "1971-01-01T00:00:00", "1971-01-01T00:44:30Z", ZONE_EXACT },
	};
	char text[INSTANT_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		enum zone_fit fit = ZONE_EXACT;
		sec_t wall = 0, instant;

		assert_true(wall_parse(cases[i].wall, &wall, NULL));
		instant = zone_to_instant(load(cases[i].zone), wall, &fit);
		assert_string_equal(instant_format(instant * USEC_PER_SEC, text), cases[i].instant);
		assert_int_equal(fit, cases[i].fit);
		if (fit != ZONE_GAP)
			assert_int_equal(zone_to_wall(load(cases[i].zone), instant), wall);
	}
}

static void the_second_of_two_reads_the_same(void **state)
{
	const struct zone *zone = load("Europe/Berlin");
	usec_t first = 0, second = 0;

	(void)state;
	assert_true(instant_parse("2025-10-26T00:30:00Z", &first, NULL));
	assert_true(instant_parse("2025-10-26T01:30:00Z", &second, NULL));
	assert_int_equal(zone_to_wall(zone, first / USEC_PER_SEC),
		zone_to_wall(zone, second / USEC_PER_SEC));
}

/* Governments move clocks: the file changes under a running daemon. */
static void changed_files_are_noticed(void **state)
{
	char dir[] = "/tmp/recurd-zone-XXXXXX";
	char *path CLEANUP(mem_cleanup) = NULL;
	const struct zone *zone;
	uint64_t digest;
	sec_t noon = 0;

	(void)state;
	zones_close();
	assert_non_null(mkdtemp(dir));
	path = mem_printf("%s/Moving", dir);
	copy_zone("Europe/Berlin", path);
	zones_open(dir);
	zone = load("Moving");
	digest = zone_digest(zone);
	assert_true(wall_parse("2025-01-01T12:00:00", &noon, NULL));
	assert_int_equal(noon - zone_to_instant(zone, noon, NULL), 3600);
	assert_int_equal(zones_refresh(), 0);

	copy_zone("Asia/Tokyo", path);
	assert_int_equal(zones_refresh(), 1);
	assert_int_equal(noon - zone_to_instant(zone, noon, NULL), 9 * 3600);
	assert_true(zone_digest(zone) != digest);

	/* Half an upgrade: what was loaded stays. */
	assert_int_equal(truncate(path, 100), 0);
	assert_int_equal(zones_refresh(), 0);
	assert_int_equal(noon - zone_to_instant(zone, noon, NULL), 9 * 3600);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(zones_refresh(), 0);
	assert_int_equal(rmdir(dir), 0);
	zones_close();
}

/* ---- which files a look opens ---- */

/* A zoneinfo folder as packages of tzdata keep it: `current` leads to one release or the other, and the
 * zones' names lead through it. */
struct releases {
	char dir[32];
	int watch; /* inotify: what is opened */
};

static void in_folder(const struct releases *releases, const char *command)
{
	char *line CLEANUP(mem_cleanup) = mem_printf("cd '%s' && %s", releases->dir, command);
	assert_int_equal(system(line), 0);
}

static void watch_file(const struct releases *releases, const char *name)
{
	char *path CLEANUP(mem_cleanup) = mem_printf("%s/%s", releases->dir, name);
	assert_true(inotify_add_watch(releases->watch, path, IN_OPEN) >= 0);
}

static void releases_open(struct releases *releases)
{
	*releases = (struct releases){ "/tmp/recurd-zone-XXXXXX", inotify_init1(IN_NONBLOCK) };
	assert_non_null(mkdtemp(releases->dir));
	assert_true(releases->watch >= 0);
	in_folder(releases,
		"mkdir old new && cp /usr/share/zoneinfo/Europe/Berlin old/Moving &&"
		" cp /usr/share/zoneinfo/Asia/Tokyo new/Moving && cp old/Moving Resting &&"
		" ln -s old current && ln -s current/Moving Moving");
	zones_close();
	zones_open(releases->dir);
}

static void releases_close(struct releases *releases)
{
	zones_close();
	close(releases->watch);
	in_folder(releases, "rm -r -- *");
	assert_int_equal(rmdir(releases->dir), 0);
}

/* Whether a look opens a watched file; it finds nothing changed. */
static bool look_opens(const struct releases *releases)
{
	_Alignas(struct inotify_event) char events[4096];
	while (read(releases->watch, events, sizeof(events)) > 0)
		;
	assert_int_equal(zones_refresh(), 0);
	return read(releases->watch, events, sizeof(events)) > 0;
}

static int hours_east(const struct zone *zone)
{
	sec_t noon = 0;
	assert_true(wall_parse("2025-01-01T12:00:00", &noon, NULL));
	return (int)(noon - zone_to_instant(zone, noon, NULL)) / 3600;
}

/* A heartbeat with six hundred zones must not read six hundred files. */
static void a_file_that_did_not_change_is_not_opened(void **state)
{
	struct releases releases;
	(void)state;
	releases_open(&releases);
	load("Resting");
	watch_file(&releases, "Resting");
	assert_true(look_opens(&releases)); /* once more: it might have been written just then */
	for (int i = 0; i < 5; i++)
		assert_false(look_opens(&releases));

	/* Written anew, and yet the same. */
	in_folder(&releases, "cp Resting copy && cat copy > Resting");
	assert_true(look_opens(&releases));
	assert_true(look_opens(&releases));
	assert_false(look_opens(&releases));
	releases_close(&releases);
}

/* Each way to change a file under a running daemon, after it has rested for some looks. */
static void every_way_of_an_upgrade_is_noticed(void **state)
{
	static const struct {
		const char *command;
		int hours;
	} cases[] = {
		/* Behind symlinks, of a file and of a folder. */
		{ "ln -sfn new current", 9 },
		{ "ln -sfn old/Moving Moving", 1 },
		{ "rm current && ln -s new current && ln -sfn current/Moving Moving", 9 },
		/* Renamed over, as dpkg does it, with the times of the archive. */
		{ "cp -p old/Moving fresh && touch -r new/Moving fresh && mv fresh new/Moving", 1 },
		/* Written in place, and its time put back. */
		{ "touch -r new/Moving time && cat /usr/share/zoneinfo/Asia/Tokyo > new/Moving &&"
		  " touch -r time new/Moving",
			9 },
		/* Gone, and there again. */
		{ "rm new/Moving", 9 },
		{ "cp old/Moving new/Moving", 1 },
	};
	struct releases releases;
	(void)state;
	releases_open(&releases);
	const struct zone *zone = load("Moving");
	int before = hours_east(zone);
	assert_int_equal(before, 1);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		for (int look = 0; look < 3; look++)
			assert_int_equal(zones_refresh(), 0);
		in_folder(&releases, cases[i].command);
		assert_int_equal(zones_refresh(), cases[i].hours != before);
		if (hours_east(zone) != cases[i].hours)
			fail_msg("not noticed: %s", cases[i].command);
		before = cases[i].hours;
	}
	releases_close(&releases);
}

/* As the daemon goes about it: asked about once, and anew after the next look. */
static void what_others_have_is_no_fault_of_the_name(void **state)
{
	char dir[] = "/tmp/recurd-zone-XXXXXX";
	const struct zone *zone = NULL;
	const char *names[ZONE_LACKS_MAX];
	struct err err = { .text = "" };
	(void)state;
	assert_non_null(mkdtemp(dir));
	char *path CLEANUP(mem_cleanup) = mem_printf("%s/Berlin", dir);
	zones_open(dir);
	assert_false(zone_load("Berlin", &zone, &err));
	assert_false(err.passing);
	zone_lacks_open();
	zone_lacks_begin();
	assert_false(zone_load("Berlin", &zone, &err) || zone_load("Mars/X", &zone, &err));
	assert_true(err.passing);
	assert_string_equal(zone_lacks_met(), "Mars/X");
	assert_int_equal(zone_lacks_unasked(names, ARRAY_LEN(names)), 2);
	assert_true(zone_lacks_judge("berlin", true));
	assert_false(zone_lacks_judge("Berlin", true));
	assert_false(zone_lacks_judge("Mars/X", false));
	zone_lacks_begin();
	assert_false(zone_load("Mars/X", &zone, &err));
	assert_false(err.passing);
	assert_null(zone_lacks_met());
	assert_false(zone_load("Berlin", &zone, &err));
	assert_true(err.passing);
	assert_non_null(strstr(err.text, "others have it"));
	assert_string_equal(zone_lacks_at(0), "Berlin");
	zones_refresh(); /* nobody's is asked about anew */
	assert_false(zone_load("Mars/X", &zone, &err));
	assert_true(err.passing);
	copy_zone("Europe/Berlin", path);
	zones_refresh();
	assert_null(zone_lacks_at(0));
	assert_true(zone_load("Berlin", &zone, &err));
	unlink(path);
	rmdir(dir);
}

/* Rules can name any number of zones that are none. */
static void no_more_names_are_kept_than_there_is_room_for(void **state)
{
	const struct zone *zone = NULL;
	const char *names[ZONE_LACKS_MAX + 1];
	struct err err = { .text = "" };
	(void)state;
	zone_lacks_open();
	assert_true(zone_lacks_judge("Others/Have", true));
	for (int i = 0; i < 3 * ZONE_LACKS_MAX; i++) {
		char *name CLEANUP(mem_cleanup) = mem_printf("Mars/%d", i);
		assert_false(zone_load(name, &zone, &err));
		assert_true(err.passing);
	}
	assert_int_equal(zone_lacks_unasked(names, ARRAY_LEN(names)), ZONE_LACKS_MAX - 1);
	assert_string_equal(zone_lacks_at(0), "Others/Have");
}

static int close_lacks(void **state)
{
	zone_lacks_close();
	return close_zones(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_cannot_leave_the_folder),
		cmocka_unit_test_teardown(what_is_no_zone_is_told_with_what_to_write, close_zones),
		cmocka_unit_test_teardown(a_name_of_the_folder_posix_is_its_plain_one, close_zones),
		cmocka_unit_test_teardown(the_version_is_found_where_folders_have_it, close_zones),
		cmocka_unit_test_teardown(names_are_looked_for_anew_after_a_look, close_zones),
		cmocka_unit_test_teardown(what_others_have_is_no_fault_of_the_name, close_lacks),
		cmocka_unit_test_teardown(
			no_more_names_are_kept_than_there_is_room_for, close_lacks),
		cmocka_unit_test(a_zone_is_loaded_once),
		cmocka_unit_test(wall_times_become_instants),
		cmocka_unit_test(the_second_of_two_reads_the_same),
		cmocka_unit_test(changed_files_are_noticed),
		cmocka_unit_test(a_file_that_did_not_change_is_not_opened),
		cmocka_unit_test(every_way_of_an_upgrade_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, close_zones);
}
