/* Addresses to listen at; see the header. */
#include "util/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/macros.h"

#define UNIX_PREFIX "unix:"
#define BACKLOG     64

static bool expected(const char *text, struct err *err)
{
	return err_set(err,
		"expected the path of a Unix socket (/run/recurd/metrics.sock) or a numeric "
		"address "
		"with a port (127.0.0.1:9847, [::1]:9847), got \"%.80s\"",
		text);
}

static bool parse_path(const char *path, struct address *ret_address, struct err *err)
{
	size_t len = strlen(path);
	if (len >= sizeof(ret_address->at.local.sun_path))
		return err_set(err, "expected a path of at most %zu bytes, got one of %zu",
			sizeof(ret_address->at.local.sun_path) - 1, len);
	ret_address->at.local.sun_family = AF_UNIX;
	memcpy(ret_address->at.local.sun_path, path, len + 1);
	ret_address->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + 1);
	return true;
}

static bool take_port(const char *text, in_port_t *ret_port)
{
	size_t digits = strspn(text, "0123456789");
	long port = strtol(text, NULL, 10);
	if (digits == 0 || digits > 5 || text[digits] || port < 1 || port > 65535)
		return false;
	*ret_port = htons((uint16_t)port);
	return true;
}

static bool take_host(char *host, struct address *address, in_port_t port)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&address->at.storage;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address->at.storage;
	size_t len = strlen(host);
	if (*host == '[' && host[len - 1] == ']') {
		host[len - 1] = '\0';
		v6->sin6_family = AF_INET6;
		v6->sin6_port = port;
		address->len = sizeof(*v6);
		return inet_pton(AF_INET6, host + 1, &v6->sin6_addr) == 1;
	}
	v4->sin_family = AF_INET;
	v4->sin_port = port;
	address->len = sizeof(*v4);
	return inet_pton(AF_INET, host, &v4->sin_addr) == 1;
}

bool address_parse(const char *text, struct address *ret_address, struct err *err)
{
	char host[INET6_ADDRSTRLEN + 3];
	*ret_address = (struct address){ .len = 0 };
	if (strncmp(text, UNIX_PREFIX "/", sizeof(UNIX_PREFIX)) == 0)
		return parse_path(text + strlen(UNIX_PREFIX), ret_address, err);
	if (*text == '/')
		return parse_path(text, ret_address, err);
	const char *colon = strrchr(text, ':');
	in_port_t port;
	if (!colon || colon == text || (size_t)(colon - text) >= sizeof(host) ||
		!take_port(colon + 1, &port))
		return expected(text, err);
	memcpy(host, text, (size_t)(colon - text));
	host[colon - text] = '\0';
	return take_host(host, ret_address, port) || expected(text, err);
}

bool address_is_local(const struct address *address)
{
	return address->at.any.sa_family == AF_UNIX;
}

bool address_is_loopback(const struct address *address)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)&address->at.storage;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&address->at.storage;
	switch (address->at.any.sa_family) {
	case AF_INET:
		return ntohl(v4->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	case AF_INET6:
		return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
	default:
		return true;
	}
}

/* A file of a process that is gone would keep us away for ever; one that answers is somebody else's. */
static void remove_stale(const struct address *address)
{
	struct stat what;
	const char *path = address->at.local.sun_path;
	if (!address_is_local(address) || lstat(path, &what) != 0 || !S_ISSOCK(what.st_mode))
		return;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	if (connect(fd, &address->at.any, address->len) != 0 && errno == ECONNREFUSED)
		unlink(path);
	close(fd);
}

static bool bind_and_listen(int fd, const struct address *address)
{
	int on = 1;
	if (!address_is_local(address) &&
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0)
		return false;
	if (address->at.any.sa_family == AF_INET6 &&
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0)
		return false;
	return bind(fd, &address->at.any, address->len) == 0 && listen(fd, BACKLOG) == 0;
}

int address_listen(const struct address *address, struct err *err)
{
	remove_stale(address);
	int fd = socket(address->at.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && bind_and_listen(fd, address))
		return fd;
	err_set_passing(err, "cannot listen: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}
