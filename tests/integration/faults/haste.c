/* haste: LD_PRELOADed by test_asleep.py, a monotonic clock that runs HASTE times as fast.
 *
 * What the daemon reads of it, and when the timers ring that it sets by it.  libev keeps its own time, by a
 * bare system call.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>

#define SECOND INT64_C(1000000000)

static int (*real_gettime)(clockid_t, struct timespec *);
static int64_t haste, began;

static int64_t nsec(const struct timespec *at)
{
	return at->tv_sec * SECOND + at->tv_nsec;
}

static struct timespec timespec(int64_t at)
{
	return (struct timespec){ at / SECOND, at % SECOND };
}

__attribute__((constructor)) static void begin(void)
{
	const char *text = getenv("HASTE");
	struct timespec now;
	real_gettime = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
	if (!text || !real_gettime || real_gettime(CLOCK_MONOTONIC, &now) != 0)
		abort();
	began = nsec(&now);
	haste = atoi(text);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	if (!real_gettime) /* somebody's constructor before ours */
		real_gettime = (int (*)(clockid_t, struct timespec *))dlsym(
			RTLD_NEXT, "clock_gettime");
	int done = real_gettime(clock, now);
	if (haste && clock == CLOCK_MONOTONIC)
		*now = timespec(began + (nsec(now) - began) * haste);
	return done;
}

int timerfd_settime(int fd, int flags, const struct itimerspec *when, struct itimerspec *old)
{
	static int (*real)(int, int, const struct itimerspec *, struct itimerspec *);
	struct itimerspec sooner = *when;
	int64_t at = nsec(&when->it_value);
	if (!real)
		real = (int (*)(int, int, const struct itimerspec *, struct itimerspec *))dlsym(
			RTLD_NEXT, "timerfd_settime");
	if ((flags & TFD_TIMER_ABSTIME) && at > began)
		sooner.it_value = timespec(began + (at - began) / haste);
	return real(fd, flags, &sooner, old);
}
