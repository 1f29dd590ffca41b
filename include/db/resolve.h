/* resolve: host names to addresses without stalling the loop.
 *
 * getaddrinfo(3) may block for 10 s and more with a mute name server, so it runs in a thread of its
 * own, at most RESOLVE_THREADS_MAX of them; a cancelled one ends by itself and its answer is dropped.
 */
#pragma once

#include <ev.h>
#include <stdbool.h>

#include "util/err.h"

#define RESOLVE_THREADS_MAX   20 /* more than there are connections in a process */
#define RESOLVE_ADDRESSES_MAX 16

struct resolve;

/* Called once, from the loop, unless cancelled.  n addresses as numeric text, or error (n = 0).
 * The request is gone when it is called. */
typedef void resolve_fn(void *arg, const char *const *addresses, size_t n, const char *error);

bool resolve_start(struct ev_loop *loop, const char *host, resolve_fn *fn, void *arg,
	struct resolve **ret_resolve, struct err *err) NODISCARD;
void resolve_cancel(struct resolve *resolve); /* accepts NULL; fn will not be called */
