/* The notifications that there are; see the header. */
#include "job/kinds.h"

#include <stddef.h>
#include <syslog.h>

static bool tasks_wanted(const struct settings *settings)
{
	return settings->notify_task_created;
}

/* An occurrence became a task. */
const struct kind kind_task_created = { "task_created", "generated", LOG_INFO, tasks_wanted };
/* A reminder is due. */
const struct kind kind_reminder = { "reminder", "reminder", LOG_INFO, NULL };

const char *kind_told(const struct kind *kind, const struct settings *settings)
{
	return !kind->wanted || kind->wanted(settings) ? kind->name : NULL;
}
