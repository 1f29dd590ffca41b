/* Slices of the loop's time; see the header. */
#include "job/slicing.h"

#include "util/clock.h"

#define SLICE (4 * USEC_PER_MSEC) /* at a stretch */
#define LIMIT (500 * USEC_PER_MSEC) /* of a batch; sane rules need a hundredth of it */

static void go_on(struct slicing *slicing)
{
	usec_t until = clock_monotonic() + SLICE;
	while (slicing->step(slicing->job)) {
		usec_t now = clock_monotonic();
		/* Costly rules: what is planned is written before the server loses its patience. */
		if (now - slicing->began > LIMIT)
			break;
		if (now >= until) {
			ev_timer_set(&slicing->timer, 0., 0.);
			ev_timer_start(slicing->loop, &slicing->timer);
			return;
		}
	}
	slicing->finished(slicing->job);
}

static void on_slice(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	struct slicing *slicing = timer->data;
	if (batch_alive(slicing->batch))
		go_on(slicing);
	else
		batch_lose(slicing->batch);
}

void slicing_start(struct slicing *slicing)
{
	ev_timer_init(&slicing->timer, on_slice, 0., 0.);
	slicing->timer.data = slicing;
	slicing->began = clock_monotonic();
	go_on(slicing);
}

void slicing_stop(struct slicing *slicing)
{
	if (slicing->loop)
		ev_timer_stop(slicing->loop, &slicing->timer);
}
