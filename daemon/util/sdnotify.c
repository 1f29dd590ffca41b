/* sdnotify: the datagrams of sd_notify(3), without libsystemd.
 *
 * sendto() each time instead of connect() once: the manager may replace its socket (daemon-reexec),
 * and a connected socket would go on talking to the old one.
 */
#include "util/sdnotify.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define MESSAGE_MAX 1024

static struct sockaddr_un address;
static socklen_t address_len;
static int notify_fd = -1;

static bool set_address(const char *path)
{
	size_t len = strlen(path);
	if ((path[0] != '/' && path[0] != '@') || len < 2 || len >= sizeof(address.sun_path))
		return false;
	address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(address.sun_path, path, len);
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	/* An abstract name is all its bytes, without a final NUL. */
	address_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (path[0] == '/'));
	return true;
}

void sdnotify_open(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	sdnotify_close();
	if (path && set_address(path))
		notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	unsetenv("NOTIFY_SOCKET");
}

void sdnotify_close(void)
{
	if (notify_fd >= 0)
		close(notify_fd);
	notify_fd = -1;
}

void sdnotify_send(const char *fmt, ...)
{
	if (notify_fd < 0)
		return;
	char text[MESSAGE_MAX];
	va_list args;
	va_start(args, fmt);
	int len = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (len <= 0)
		return;
	if ((size_t)len >= sizeof(text))
		len = sizeof(text) - 1;
	ssize_t sent;
	do
		sent = sendto(notify_fd, text, (size_t)len, MSG_NOSIGNAL,
			(const struct sockaddr *)&address, address_len);
	while (sent < 0 && errno == EINTR);
}

void sdnotify_reloading(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	sdnotify_send("RELOADING=1\nMONOTONIC_USEC=%lld",
		(long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

static bool env_number(const char *name, unsigned long long *ret_value)
{
	const char *text = getenv(name);
	if (!text || text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	char *end;
	unsigned long long value = strtoull(text, &end, 10);
	if (errno != 0 || *end != '\0')
		return false;
	*ret_value = value;
	return true;
}

usec_t sdnotify_watchdog(void)
{
	unsigned long long usec;
	if (!env_number("WATCHDOG_USEC", &usec) || usec > INT64_MAX)
		return 0;
	unsigned long long pid;
	if (getenv("WATCHDOG_PID") &&
		(!env_number("WATCHDOG_PID", &pid) || pid != (unsigned long long)getpid()))
		return 0;
	return (usec_t)usec;
}
