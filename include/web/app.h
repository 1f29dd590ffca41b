/* app: recurd-http from start to end: signals, reload, the parts in their order. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "conf/web.h"

struct web_app_options {
	const char *file; /* NULL: the default one */
	const char *const *overrides;
	size_t overrides_len;
	bool foreground;
};

/* What reading alone does not find. */
bool web_app_check(const struct web_conf *conf, struct err *err) NODISCARD;
/* Exit status, of sysexits.h. */
int web_app_run(const struct web_app_options *options);
