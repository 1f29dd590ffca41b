/* Names and questions; see the header. */
#include "plan/fate.h"

const char *fate_kind_name(enum fate_kind kind)
{
	static const char *const names[] = { [FATE_MADE] = "made",
		[FATE_EXCLUDED] = "excluded",
		[FATE_DROPPED] = "dropped",
		[FATE_PAUSED] = "paused",
		[FATE_ADOPTED] = "adopted",
		[FATE_COALESCED] = "coalesced",
		[FATE_WINDOW] = "dropped",
		[FATE_LATE] = "dropped",
		[FATE_CAPPED] = "dropped",
		[FATE_OVERLAPPED] = "overlapped" };
	return names[kind];
}

const char *fate_kind_detail(enum fate_kind kind)
{
	switch (kind) {
	case FATE_WINDOW:
		return "later than catch_up_window";
	case FATE_LATE:
		return "late, and catch_up is none";
	case FATE_CAPPED:
		return "beyond catch_up_cap";
	default:
		return NULL;
	}
}

bool fate_is_changed(const struct fate *fate)
{
	const struct fate_change *change = &fate->change;
	return fate->due != fate->nominal || change->title || change->description ||
	       change->priority;
}
