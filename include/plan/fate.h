/* fate: one occurrence of a template, and what becomes of it.
 *
 * Where none of them is made, one fate may stand for several of a kind that follow each other: `number`
 * of them, from `nominal` (the earliest of theirs) and `stands` through `through`.
 */
#pragma once

#include <stdbool.h>

#include "recur/zone.h"

enum fate_kind {
	FATE_MADE,
	FATE_EXCLUDED, /* by an override: used up all the same */
	FATE_DROPPED, /* beyond catch_up_limit */
	FATE_PAUSED, /* between paused_at and resumed_at */
	FATE_ADOPTED, /* from before the first start */
	FATE_COALESCED, /* late, and a newer one that is late is made */
	FATE_WINDOW, /* too late: catch_up_window */
	FATE_LATE, /* late at all, and catch_up is none */
	FATE_CAPPED, /* beyond catch_up_cap */
	FATE_SKIPPED, /* on a day off, and shift is skip */
	FATE_OVERLAPPED, /* while another task of the template was open */
	FATE_LIMITED, /* beyond what its user may have a day */
	FATE_KINDS
};

/* What recurrenceOverrides change about it, beside when it is due.  NULL: as the template has it. */
struct fate_change {
	const char *title, *description, *priority; /* the rule's memory */
};

struct fate {
	usec_t nominal; /* the instant that the rule gives: its identity */
	usec_t stands; /* where the rule's set has it: nominal, unless an override moved it.  In this all are in order,
			* and next_due_at and made_through are such instants */
	usec_t due; /* when the task is due: where it stands, unless a policy shifts it */
	usec_t early; /* made so long before that in any case: others of its day come with it (shift.h) */
	usec_t fire; /* when the instance is made: as soon as it is due, unless a policy says otherwise */
	usec_t through; /* where it stands, unless it stands for several */
	int64_t number; /* 1, unless it stands for several */
	enum fate_kind kind;
	usec_t gap; /* so much later than its wall time, because the clock skips that; 0 also where nobody looked */
	enum zone_fit fit; /* its wall time is skipped by the clock, or shown twice */
	bool excluded; /* the rule says so */
	bool estimated; /* number */
	struct fate_change change;
};

/* "dropped": as decisions are named. */
const char *fate_kind_name(enum fate_kind kind);
/* Why, where one name is for several; NULL: the name says all. */
const char *fate_kind_detail(enum fate_kind kind);
/* Of its title, description and priority the one of this number. */
const char *fate_text(const struct fate *fate, int which);
/* Whether overrides change anything about it. */
bool fate_is_changed(const struct fate *fate);
