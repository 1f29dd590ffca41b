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

/* Appends those that are more than `limit` behind, and keep what they have not done, and what ends that; nothing:
 * there are none.  consumers: rows of ctl_consumers.sql, or NULL. */
void consumers_tell_behind(const PGresult *consumers, usec_t limit, struct strbuf *text);
