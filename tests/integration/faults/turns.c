/* turns: LD_PRELOADed by tests; for how long the loop is away from epoll_wait because something blocks.
 *
 * TURNS names a file of two int64: the longest such time in microseconds, and the number of turns.  What
 * the process computes and the time that it waits for a processor are not counted: on a busy machine they
 * would hide what the test looks for, a call that waits for somebody else.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static volatile int64_t *shared;
static int schedstat;

__attribute__((constructor)) static void open_shared(void)
{
	const char *path = getenv("TURNS");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	if (fd < 0)
		abort();
	shared = mmap(NULL, 16, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	schedstat = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
	if (shared == MAP_FAILED || schedstat < 0)
		abort();
	close(fd);
}

static int64_t usec(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

/* Ready to run, and no processor was free. */
static int64_t usec_in_queue(void)
{
	char text[100];
	ssize_t len = pread(schedstat, text, sizeof(text) - 1, 0);
	long long ran, queued;
	text[len > 0 ? len : 0] = '\0';
	if (sscanf(text, "%lld %lld", &ran, &queued) != 2)
		abort();
	return queued / 1000;
}

/* Grows while the calling thread is blocked, and in epoll_wait it may be. */
static int64_t usec_blocked(void)
{
	return usec(CLOCK_MONOTONIC) - usec(CLOCK_THREAD_CPUTIME_ID) - usec_in_queue();
}

int epoll_wait(int fd, struct epoll_event *events, int n, int timeout)
{
	static int (*real)(int, struct epoll_event *, int, int);
	static int64_t left;
	if (!real)
		real = (int (*)(int, struct epoll_event *, int, int))dlsym(RTLD_NEXT, "epoll_wait");
	int64_t away = usec_blocked() - left;
	if (left && away > shared[0])
		shared[0] = away;
	shared[1]++;
	int ready = real(fd, events, n, timeout);
	left = usec_blocked();
	return ready;
}
