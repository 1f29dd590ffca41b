/* alarm: a wake-up at an instant of the monotonic clock, to the microsecond.
 *
 * libev's timers end in epoll_wait(2), which takes whole milliseconds, rounded up: half a millisecond late
 * on average.  A timerfd(2) is a descriptor like any other, and on time.
 */
#pragma once

#include <ev.h>
#include <stdbool.h>

#include "util/err.h"
#include "util/macros.h"

struct alarm {
	struct ev_loop *loop;
	struct ev_io io;
	void (*ring)(void *arg);
	void *arg;
};

/* ring is called from the loop, never from within alarm_set; it may destroy anything.  false: no
 * descriptor is left. */
bool alarm_init(struct alarm *alarm, struct ev_loop *loop, void (*ring)(void *arg), void *arg,
	struct err *err) NODISCARD;
/* at: as clock_monotonic(); what is past rings in the loop's next turn.  Replaces what was set. */
void alarm_set(struct alarm *alarm, usec_t at);
void alarm_stop(struct alarm *alarm);
void alarm_finish(struct alarm *alarm);
