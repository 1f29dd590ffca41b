/* verdict: whether people's reminders are late, since when and why, in one line.  Pure. */
#pragma once

#include "look/rows.h"

#define NOW_MINUTES 60 /* to either side */
#define NOW_LATE    (5 * USEC_PER_SEC) /* what waits longer is late; a batch takes less */

struct figures {
	int64_t due_templates, due_reminders;
	bool due_capped;
	usec_t lag_templates, lag_reminders; /* of the oldest that waits; 0: none does */
	usec_t next_due_at, next_remind_at; /* INSTANT_NONE: none */
	int64_t alive, dead; /* workers */
	usec_t last_seen; /* a worker; INSTANT_NONE: none ever */
	int64_t quarantined;
	bool quarantined_capped;
	int64_t told; /* events of the last hour */
	bool told_capped;
	const char *waits; /* why batches wait, as recurd.waits has it; NULL: none does */
};

struct minute {
	int64_t made, told, due;
};

/* What it is said of. */
struct standing {
	struct face face;
	struct figures figures;
	const struct upcoming_row *upcoming;
	size_t upcoming_n;
	const char *away; /* why the database is not there; NULL: it is */
	usec_t away_since;
};

enum verdict { VERDICT_FINE, VERDICT_WARN, VERDICT_LATE };

struct said {
	enum verdict verdict;
	char words[160], more[160], reason[512]; /* "": nothing to say */
};

void verdict_say(const struct standing *now, struct said *ret_said);
