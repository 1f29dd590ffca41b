/* address: where to listen: a Unix socket's path, or a numeric address and a port.
 *
 *   /run/recurd/metrics.sock      unix:/run/recurd/metrics.sock
 *   127.0.0.1:9847                [::1]:9847
 *
 * No names: what a name means depends on others.  Paths are absolute; ports are 1 to 65535.
 */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "util/err.h"

struct address {
	union {
		struct sockaddr any;
		struct sockaddr_un local;
		struct sockaddr_storage storage;
	} at;
	socklen_t len;
};

/* false: err says what was expected, and what was found. */
bool address_parse(const char *text, struct address *ret_address, struct err *err) NODISCARD;
bool address_is_local(const struct address *address); /* a Unix socket */
/* Only this machine can reach it. */
bool address_is_loopback(const struct address *address);
/* A listening socket, not blocking.  The file of a Unix socket that nobody listens at any more is replaced; its mode is
 * 0666 less the umask.  -1: err says why. */
int address_listen(const struct address *address, struct err *err) NODISCARD;
