/* wakeup: LISTEN on a direct connection, so that rows that come due at once are noticed at once.
 *
 * Needs option listen_dsn, and the optional migration "wakeup" for its triggers.  A pooler accepts
 * LISTEN and delivers nothing, so a second, short-lived session sends a probe; when that does not
 * arrive, a warning says that we are deaf, and poll_interval alone notices what changes.
 */
#pragma once

#include <ev.h>
#include <stdbool.h>

#include "conf/conf.h"

struct wakeup;

typedef void wakeup_fn(void *arg);

/* NULL in *ret_wakeup where conf names no listen_dsn.  conf is read here only. */
bool wakeup_create(struct ev_loop *loop, const struct conf *conf, wakeup_fn *fn, void *arg,
	struct wakeup **ret_wakeup, struct err *err) NODISCARD;
/* 1: wake-ups arrive; 0: they do not, or not yet; -1: nobody listens (NULL). */
int wakeup_hears(const struct wakeup *wakeup);
void wakeup_destroy(struct wakeup *wakeup);
