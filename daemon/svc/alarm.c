/* A timerfd on the loop; see the header. */
#include "svc/alarm.h"

#include <errno.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "util/mem.h"

static void on_expired(struct ev_loop *loop, struct ev_io *io, int events)
{
	struct alarm *alarm = io->data;
	uint64_t times;
	(void)loop;
	(void)events;
	/* Set anew since: then there is nothing to read yet. */
	if (read(io->fd, &times, sizeof(times)) == sizeof(times))
		alarm->ring(alarm->arg);
}

bool alarm_init(struct alarm *alarm, struct ev_loop *loop, void (*ring)(void *arg), void *arg,
	struct err *err)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (fd < 0)
		return err_set_passing(err, "no timer could be made: %s", strerror(errno));
	*alarm = (struct alarm){ .loop = loop, .ring = ring, .arg = arg };
	ev_io_init(&alarm->io, on_expired, fd, EV_READ);
	alarm->io.data = alarm;
	ev_io_start(loop, &alarm->io);
	return true;
}

static void set(struct alarm *alarm, usec_t at)
{
	struct itimerspec when = { .it_value = { .tv_sec = (time_t)(at / USEC_PER_SEC),
					   .tv_nsec = (long)(at % USEC_PER_SEC) * 1000 } };
	if (timerfd_settime(alarm->io.fd, TFD_TIMER_ABSTIME, &when, NULL) != 0)
		mem_abort("timerfd_settime: %s", strerror(errno));
}

void alarm_set(struct alarm *alarm, usec_t at)
{
	set(alarm, at > 0 ? at : 1); /* zero would disarm it */
}

void alarm_stop(struct alarm *alarm)
{
	set(alarm, 0);
}

void alarm_finish(struct alarm *alarm)
{
	if (!alarm->loop)
		return;
	ev_io_stop(alarm->loop, &alarm->io);
	close(alarm->io.fd);
	alarm->loop = NULL;
}
