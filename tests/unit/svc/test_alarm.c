/* alarm: it rings when it is due, once, and only the last setting counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "svc/alarm.h"
#include "util/clock.h"

struct fixture {
	struct ev_loop *loop;
	struct alarm alarm;
	int rings;
	usec_t rung_at;
};

static void on_ring(void *arg)
{
	struct fixture *fixture = arg;
	fixture->rings++;
	fixture->rung_at = clock_monotonic();
	ev_break(fixture->loop, EVBREAK_ALL);
}

static int set_up(void **state)
{
	static struct fixture fixture;
	struct err err;
	fixture = (struct fixture){ .loop = ev_loop_new(EVFLAG_AUTO) };
	*state = &fixture;
	return alarm_init(&fixture.alarm, fixture.loop, on_ring, &fixture, &err) ? 0 : -1;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	alarm_finish(&fixture->alarm);
	alarm_finish(&fixture->alarm); /* once is enough, twice is harmless */
	ev_loop_destroy(fixture->loop);
	return 0;
}

static void it_rings_once_and_not_before_its_time(void **state)
{
	struct fixture *fixture = *state;
	usec_t at = clock_monotonic() + 20 * USEC_PER_MSEC;
	alarm_set(&fixture->alarm, at);
	ev_run(fixture->loop, 0);
	assert_true(fixture->rung_at >= at);
	ev_run(fixture->loop, EVRUN_NOWAIT);
	assert_int_equal(fixture->rings, 1);
}

static void what_is_past_rings_in_the_next_turn_of_the_loop(void **state)
{
	struct fixture *fixture = *state;
	alarm_set(&fixture->alarm, -5);
	assert_int_equal(fixture->rings, 0);
	ev_run(fixture->loop, 0);
	assert_int_equal(fixture->rings, 1);
}

static void the_last_setting_counts(void **state)
{
	struct fixture *fixture = *state;
	usec_t at = clock_monotonic() + 500 * USEC_PER_MSEC;
	alarm_set(&fixture->alarm, 1);
	alarm_set(&fixture->alarm, at);
	ev_run(fixture->loop, EVRUN_NOWAIT);
	assert_int_equal(fixture->rings, 0);
	ev_run(fixture->loop, 0);
	assert_true(fixture->rung_at >= at);
}

static void stopped_it_is_silent_even_if_it_was_due(void **state)
{
	struct fixture *fixture = *state;
	alarm_set(&fixture->alarm, 1);
	alarm_stop(&fixture->alarm);
	ev_run(fixture->loop, EVRUN_NOWAIT);
	assert_int_equal(fixture->rings, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			it_rings_once_and_not_before_its_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			what_is_past_rings_in_the_next_turn_of_the_loop, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_last_setting_counts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			stopped_it_is_silent_even_if_it_was_due, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
