/* Names and questions; see the header. */
#include "plan/fate.h"

const char *fate_kind_name(enum fate_kind kind)
{
	static const char *const names[] = { "made", "excluded", "dropped", "paused", "adopted",
		"limited" };
	return names[kind];
}

bool fate_is_changed(const struct fate *fate)
{
	const struct fate_change *change = &fate->change;
	return fate->due != fate->nominal || change->title || change->description ||
	       change->priority;
}
