/* kinds: the notifications that there are, one row of kinds.c each. */
#pragma once

#include <stdbool.h>

#include "conf/settings.h"

struct kind {
	const char *name; /* recurd.notifications.kind, part of its key, in NOTIFY's payload */
	const char *event; /* its log line */
	int priority; /* of that line */
	bool (*wanted)(const struct settings *settings); /* NULL: always */
};

extern const struct kind kind_task_created, kind_reminder;

/* name, or NULL where such notifications are not wanted: as statements take it. */
const char *kind_told(const struct kind *kind, const struct settings *settings);
