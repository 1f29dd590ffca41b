/* app: the daemon's life: start in the order of the layers, signals, reload, drain, stop in reverse.
 *
 * SIGHUP reloads the configuration, all or nothing.  SIGTERM and SIGINT finish the batch under way
 * and end; a second one, or STOP_LIMIT, ends at once (the transaction is rolled back by the server,
 * nothing is lost), and no reload is taken up any more.  SIGUSR1 logs the state.  Under systemd it tells
 * READY, STATUS, RELOADING and STOPPING, and the loop feeds the watchdog.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "conf/conf.h"

struct app_options {
	const char *file; /* of the configuration; NULL: the default */
	const char *const *overrides;
	unsigned long overrides_len;
	bool foreground; /* log to standard error instead of syslog */
	bool once;
};

/* What conf_load leaves to others: whether the password and the time zones are there, and no setting of the
 * database among the options.  The folder of the zones has been opened by its zones_open; a reload must not
 * open it again: work under way points to its zones. */
bool app_check_conf(const struct conf *conf, struct err *err) NODISCARD;
/* What --check-config says of a good one: what was read, and what each source set. */
void app_tell_conf(const struct conf *conf, FILE *out);
/* Runs to the end; an exit status of sysexits.h. */
int app_run(const struct app_options *options);
