/* sdnotify: tell systemd how we are, one datagram to $NOTIFY_SOCKET (sd_notify(3)).
 *
 * Written by hand as the manual page itself does, rather than linking libsystemd.  Does nothing where
 * the variable is unset; understands abstract sockets (@...).  Never blocks, never fails loudly.
 */
#pragma once

#include "util/macros.h"

void sdnotify_open(void); /* reads $NOTIFY_SOCKET, unsets it for children */
void sdnotify_close(void);
/* e.g. sdnotify_send("READY=1\nSTATUS=%s", text).  sd_notify's assignments, one a line. */
void sdnotify_send(const char *fmt, ...) PRINTF(1, 2);
/* RELOADING=1 with MONOTONIC_USEC, as Type=notify-reload wants it. */
void sdnotify_reloading(void);
/* $WATCHDOG_USEC where $WATCHDOG_PID is us or unset; 0: no watchdog. */
usec_t sdnotify_watchdog(void);
