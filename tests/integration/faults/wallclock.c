/* wallclock: LD_PRELOADed by test_clocks.py, a wall clock that is wrong and steps.
 *
 * WALLCLOCK names a file of two int64: the offset in seconds, which the test changes at will, and a
 * counter of how often somebody asked.  The monotonic clock stays as it is.  libev asks by a bare
 * system call, libc by its own functions: all ways are covered.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile int64_t *shared;

__attribute__((constructor)) static void open_shared(void)
{
	const char *path = getenv("WALLCLOCK");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	if (fd < 0)
		abort();
	shared = mmap(NULL, 16, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (shared == MAP_FAILED)
		abort();
	close(fd);
}

static int read_clock(clockid_t clock, struct timespec *now)
{
	static int (*real)(clockid_t, struct timespec *);
	if (!real)
		real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
	int done = real(clock, now);
	if (shared && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
		now->tv_sec += shared[0];
		__atomic_add_fetch(&shared[1], 1, __ATOMIC_RELAXED);
	}
	return done;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	return read_clock(clock, now);
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	struct timespec precise;
	(void)zone;
	int done = read_clock(CLOCK_REALTIME, &precise);
	*now = (struct timeval){ precise.tv_sec, precise.tv_nsec / 1000 };
	return done;
}

time_t time(time_t *ret_now)
{
	struct timespec precise;
	(void)read_clock(CLOCK_REALTIME, &precise);
	if (ret_now)
		*ret_now = precise.tv_sec;
	return precise.tv_sec;
}

long syscall(long number, ...)
{
	static long (*real)(long, ...);
	long a[6];
	va_list rest;
	va_start(rest, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(rest, long);
	va_end(rest);
	if (number == SYS_clock_gettime)
		return read_clock((clockid_t)a[0], (struct timespec *)a[1]);
	if (!real)
		real = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
