/* consumers: who says how far he is with recurd.notifications, for the commands consumers and status. */
#pragma once

#include "ctl/ctl.h"
#include "util/strbuf.h"

/* Columns of ctl_consumers.sql. */
enum consumers_column {
	CONSUMERS_NAME,
	CONSUMERS_DONE,
	CONSUMERS_BEHIND,
	CONSUMERS_OLDEST,
	CONSUMERS_LAG,
	CONSUMERS_SINCE,
	CONSUMERS_SEEN,
	CONSUMERS_MORE, /* than BEHIND says */
};
