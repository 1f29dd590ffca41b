/* plan: the data of a time zone change under a template; what is planned keeps its wall time.
 *
 * The zone Test/Here is a file of the test's own: now one hour ahead of UTC, now two, now none.
 */
#include "plan/sim.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "recur/zone.h"

#define HERE(frequency) "{\"frequency\":\"" frequency "\",\"timeZone\":\"Test/Here\"}"

static char dir[] = "/tmp/zones-XXXXXX";

static void copy(const char *from, const char *to)
{
	char data[4096], temporary[128];
	FILE *in = fopen(from, "rb");
	assert_non_null(in);
	size_t len = fread(data, 1, sizeof(data), in);
	fclose(in);
	snprintf(temporary, sizeof(temporary), "%s.new", to);
	FILE *out = fopen(temporary, "wb");
	assert_non_null(out);
	assert_int_equal(fwrite(data, 1, len, out), len);
	fclose(out);
	assert_int_equal(rename(temporary, to), 0);
}

static void set_hours_ahead(int hours)
{
	char from[64], to[64];
	snprintf(from, sizeof(from), "/usr/share/zoneinfo/Etc/GMT-%d", hours);
	snprintf(to, sizeof(to), "%s/Test/Here", dir);
	copy(from, to);
	zones_refresh();
}

static int open_zones(void **state)
{
	char path[64];
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/Test", dir);
	if (mkdir(path, 0755) != 0)
		return -1;
	zones_open(dir);
	return 0;
}

static int close_zones(void **state)
{
	char path[64];
	(void)state;
	zones_close();
	snprintf(path, sizeof(path), "%s/Test/Here", dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/Test", dir);
	rmdir(path);
	return rmdir(dir);
}

static const struct {
	const char *words, *rule, *due;
	const char *made_by; /* first visit */
	int hours; /* ahead of UTC from then on; 1 before */
	const char *now, *wanted;
} changes[] = {
	{ "the clocks go forward: earlier by an hour", HERE("daily"), "01-06T08:00", "01-06T08:00",
		2, "01-06T12:00", "| next 01-07T07:00" },
	{ "back: later by an hour, and today's is not made twice", HERE("daily"), "01-06T08:00",
		"01-06T08:30", 0, "01-06T09:30", "| next 01-07T09:00" },
	{ "by many hours", HERE("daily"), "01-06T08:00", "01-06T08:00", 12, "01-06T08:00",
		"| next 01-06T21:00" },
	{ "the new instant has passed already: made late, not lost", HERE("daily"), "01-06T08:00",
		"01-06T08:00", 2, "01-07T07:30", "01-07T07:00 | next 01-08T07:00" },
	{ "weekly", HERE("weekly"), "01-06T08:00", "01-06T08:00", 2, "01-06T12:00",
		"| next 01-13T07:00" },
	{ "monthly, far ahead", HERE("monthly"), "01-31T08:00", "01-31T08:00", 3, "02-01T00:00",
		"| next 03-31T06:00" },
	{ "hourly: every hour is an hour still",
		"{\"rrule\":\"FREQ=HOURLY\",\"timeZone\":\"Test/Here\"}", "01-06T08:00",
		"01-06T08:00", 2, "01-06T08:30", "| next 01-06T09:00" },
	{ "nothing changes", HERE("daily"), "01-06T08:00", "01-06T08:00", 1, "01-06T12:00",
		"| next 01-07T08:00" },
};

static void what_is_planned_keeps_its_wall_time(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		struct sim sim;
		set_hours_ahead(1);
		sim_init(&sim, changes[i].rule, changes[i].due);
		sim_run(&sim, changes[i].made_by);
		assert_int_equal(sim.made_n, 1);
		sim.made_n = 0;
		set_hours_ahead(changes[i].hours);
		sim.row.replan_at = TEMPLATE_REZONE;
		sim_run(&sim, changes[i].now);
		sim_expect(&sim, changes[i].words, changes[i].wanted);
		assert_true(sim.row.replan_at == TEMPLATE_NONE);
	}
}

static void a_plan_says_what_it_moved(void **state)
{
	struct sim sim;
	struct plan plan;
	(void)state;
	for (int hours = 1; hours <= 2; hours++) {
		set_hours_ahead(1);
		sim_init(&sim, HERE("daily"), "01-06T08:00");
		sim_run(&sim, "01-06T08:00");
		set_hours_ahead(hours);
		sim.row.replan_at = TEMPLATE_REZONE;
		plan_make(&sim.row, at("01-06T12:00"), &sim.policy, 10, &plan);
		assert_true(plan.rezoned_from == (hours == 2 ? at("01-07T08:00") : TEMPLATE_NONE));
		plan_finish(&plan);
	}
}

static void what_the_application_set_stays(void **state)
{
	struct sim sim;
	(void)state;
	set_hours_ahead(1);
	sim_init(&sim, HERE("daily"), "01-06T08:00");
	sim_run(&sim, "01-06T08:00");
	sim_move(&sim, "01-09T15:00", "01-06T09:00");
	set_hours_ahead(2);
	sim.row.replan_at = TEMPLATE_REZONE;
	sim_run(&sim, "01-06T10:00");
	sim_expect(&sim, "an instant, not a wall time", "01-06T08:00 | next 01-09T15:00");
}

static void an_edit_meanwhile_is_an_edit(void **state)
{
	struct sim sim;
	(void)state;
	set_hours_ahead(1);
	sim_init(&sim, HERE("weekly"), "01-06T08:00");
	sim_run(&sim, "01-06T08:00");
	set_hours_ahead(2);
	sim.row.replan_at = TEMPLATE_REZONE;
	sim_edit(&sim, HERE("daily"), "01-08T12:00");
	sim_run(&sim, "01-08T12:00");
	sim_expect(&sim, "on Wednesday", "01-06T08:00 | next 01-09T07:00");
}

static void an_ended_template_stays_ended(void **state)
{
	struct sim sim;
	(void)state;
	set_hours_ahead(1);
	sim_init(&sim, "{\"frequency\":\"daily\",\"count\":2,\"timeZone\":\"Test/Here\"}",
		"01-06T08:00");
	sim_run(&sim, "01-07T08:00");
	set_hours_ahead(2);
	sim.row.replan_at = TEMPLATE_REZONE;
	sim_run(&sim, "01-07T12:00");
	sim_expect(&sim, "two, and no more", "01-06T08:00 01-07T08:00 | ended 01-07T08:00");
}

static void missed_ones_before_the_change_are_caught_up(void **state)
{
	struct sim sim;
	(void)state;
	set_hours_ahead(1);
	sim_init(&sim, HERE("daily"), "01-06T08:00");
	sim_run(&sim, "01-06T08:00");
	set_hours_ahead(2);
	sim.row.replan_at = TEMPLATE_REZONE;
	sim_run(&sim, "01-09T12:00");
	sim_expect(&sim, "three days of downtime, by the clocks as they are now",
		"01-06T08:00 01-07T07:00 01-08T07:00 01-09T07:00 | next 01-10T07:00");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_planned_keeps_its_wall_time),
		cmocka_unit_test(a_plan_says_what_it_moved),
		cmocka_unit_test(what_the_application_set_stays),
		cmocka_unit_test(an_edit_meanwhile_is_an_edit),
		cmocka_unit_test(an_ended_template_stays_ended),
		cmocka_unit_test(missed_ones_before_the_change_are_caught_up),
	};

	return cmocka_run_group_tests(tests, open_zones, close_zones);
}
