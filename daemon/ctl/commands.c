/* The commands of recurctl: a new one is a file that defines command_NAME, and a row here. */
#include "ctl/ctl.h"

#define COMMANDS(X)  \
	X(migrate)   \
	X(preflight) \
	X(status)    \
	X(top)       \
	X(metrics)   \
	X(workers)   \
	X(settings)  \
	X(calendar)  \
	X(consumers) \
	X(upcoming)  \
	X(herd)      \
	X(simulate)  \
	X(list)      \
	X(show)      \
	X(explain)   \
	X(next)      \
	X(expand)    \
	X(convert)   \
	X(validate)  \
	X(retry)     \
	X(skip)      \
	X(unskip)    \
	X(postpone)  \
	X(change)    \
	X(split)     \
	X(trigger)   \
	X(backfill)  \
	X(remind)    \
	X(snooze)    \
	X(policy)    \
	X(pause)     \
	X(resume)    \
	X(task)      \
	X(template)  \
	X(tag)       \
	X(feed)      \
	X(completion)

#define DECLARE(name) extern const struct ctl_command command_##name;
COMMANDS(DECLARE)

#define ROW(name) &command_##name,
const struct ctl_command *const ctl_commands[] = { COMMANDS(ROW) };

const size_t ctl_commands_len = ARRAY_LEN(ctl_commands);
