/* sdnotify: datagrams arrive at path and abstract sockets; no socket is no trouble. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "util/sdnotify.h"

static int manager; /* the socket that plays systemd's part */

static void listen_at(const char *name, const char *env)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = strlen(name);

	memcpy(address.sun_path, name, len);
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(manager, (const struct sockaddr *)&address,
				 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
		0);
	setenv("NOTIFY_SOCKET", env, 1);
	sdnotify_open();
	assert_null(getenv("NOTIFY_SOCKET"));
}

static const char *received(void)
{
	static char text[2000];
	ssize_t len = recv(manager, text, sizeof(text) - 1, 0);

	if (len < 0)
		return NULL;
	text[len] = '\0';
	return text;
}

static int finish(void **state)
{
	(void)state;
	sdnotify_close();
	close(manager);
	return 0;
}

static void path_socket(void **state)
{
	char directory[] = "/tmp/recurd-test-XXXXXX";
	char path[64];

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/notify", directory);
	listen_at(path, path);
	sdnotify_send("READY=1\nSTATUS=%s", "up");
	assert_string_equal(received(), "READY=1\nSTATUS=up");
	unlink(path);
	rmdir(directory);
	sdnotify_send("STATUS=nobody there"); /* the manager is gone: silence */
}

static void abstract_socket(void **state)
{
	char name[64];

	(void)state;
	snprintf(name, sizeof(name), "@recurd-test-%d", (int)getpid());
	listen_at(name, name);
	sdnotify_send("WATCHDOG=1");
	assert_string_equal(received(), "WATCHDOG=1");
}

/* Type=notify-reload compares the instant with its own clock: it must be now, monotonic. */
static void reloading_tells_the_monotonic_clock(void **state)
{
	char name[64];
	const char *text;
	struct timespec before;
	long long usec;

	(void)state;
	snprintf(name, sizeof(name), "@recurd-test-%d", (int)getpid());
	listen_at(name, name);
	clock_gettime(CLOCK_MONOTONIC, &before);
	sdnotify_reloading();
	text = received();
	assert_non_null(text);
	assert_memory_equal(text, "RELOADING=1\nMONOTONIC_USEC=", 27);
	usec = atoll(text + 27) - ((long long)before.tv_sec * 1000000 + before.tv_nsec / 1000);
	assert_in_range(usec, 0, 60000000);
}

static void endless_texts_are_cut(void **state)
{
	static char big[100000];
	char name[64];

	(void)state;
	memset(big, 'z', sizeof(big) - 1);
	snprintf(name, sizeof(name), "@recurd-test-%d", (int)getpid());
	listen_at(name, name);
	sdnotify_send("STATUS=%s", big);
	assert_int_equal(strlen(received()), 1023);
}

static void wrong_addresses_do_nothing(void **state)
{
	static const char too_long[] =
		"/0123456789012345678901234567890123456789012345678901234567890123456789"
		"0123456789012345678901234567890123456789";
	static const char *const wrong[] = { "", "/", "@", "relative", "vsock:2:1234", too_long };

	(void)state;
	manager = -1;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		setenv("NOTIFY_SOCKET", wrong[i], 1);
		sdnotify_open();
		sdnotify_send("READY=1");
	}
	unsetenv("NOTIFY_SOCKET");
	sdnotify_open();
	sdnotify_send("READY=1");
}

static void watchdog_is_ours_or_none(void **state)
{
	char pid[32];

	(void)state;
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	assert_int_equal(sdnotify_watchdog(), 0);
	setenv("WATCHDOG_USEC", "30000000", 1);
	assert_int_equal(sdnotify_watchdog(), 30000000);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("WATCHDOG_PID", pid, 1);
	assert_int_equal(sdnotify_watchdog(), 30000000);
	setenv("WATCHDOG_PID", "1", 1);
	assert_int_equal(sdnotify_watchdog(), 0);
	unsetenv("WATCHDOG_PID");
	setenv("WATCHDOG_USEC", "-5", 1);
	assert_int_equal(sdnotify_watchdog(), 0);
	setenv("WATCHDOG_USEC", "99999999999999999999", 1);
	assert_int_equal(sdnotify_watchdog(), 0);
	setenv("WATCHDOG_USEC", "10s", 1);
	assert_int_equal(sdnotify_watchdog(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(path_socket, finish),
		cmocka_unit_test_teardown(abstract_socket, finish),
		cmocka_unit_test_teardown(reloading_tells_the_monotonic_clock, finish),
		cmocka_unit_test_teardown(endless_texts_are_cut, finish),
		cmocka_unit_test(wrong_addresses_do_nothing),
		cmocka_unit_test(watchdog_is_ours_or_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
