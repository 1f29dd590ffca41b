/* workers: what recurctl says of the workers, for its commands workers and status. */
#pragma once

#include "ctl/ctl.h"
#include "util/strbuf.h"

/* Appends in what live workers differ that should be alike, "version: 1.0 (a), 1.1 (b)"; nothing: in nothing.  Exit
 * code as ctl_query. */
int workers_tell_differences(struct ctl *ctl, struct strbuf *text) NODISCARD;
