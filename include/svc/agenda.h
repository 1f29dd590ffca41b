/* agenda: which kind of work is due, and when to look again.  Pure: monotonic times are arguments.
 *
 * For every kind it keeps what the last poll said (due now, and the next instant ahead) and the pause
 * after a fruitless or failed attempt.  Order of kinds is order of precedence.
 */
#pragma once

#include <stdbool.h>

#include "util/macros.h"

enum agenda_kind { AGENDA_REMIND, AGENDA_REPLAN, AGENDA_GENERATE, AGENDA_KINDS };

#define AGENDA_NEVER INT64_MAX

struct agenda_item {
	bool due; /* the poll saw it due */
	bool plenty; /* the last batch was full: several connections may work on it */
	usec_t next_at; /* the next instant ahead, AGENDA_NEVER: none known */
	usec_t not_before; /* pause after an attempt in vain */
	usec_t pause;
	/* On the database's clock. */
	usec_t oldest; /* what the poll saw that is due, or else comes next */
	usec_t next; /* the same instant as next_at */
	usec_t fresh; /* what came due during a backlog, from here on; AGENDA_NEVER: nothing */
	bool fresh_last; /* the last attempt was about that: now the backlog has its turn */
};

/* What an attempt is about. */
struct agenda_task {
	bool foreseen; /* its next_at had come: finding nothing is no failure.  With a jittery network it
			* may be a trifle early, and the next poll knows */
	bool fresh; /* only what came due a moment ago */
	usec_t from; /* on the database's clock: nothing older is wanted */
	usec_t oldest; /* on the database's clock: nothing older was seen */
};

struct agenda {
	struct agenda_item items[AGENDA_KINDS];
};

void agenda_reset(struct agenda *agenda);
/* What was known to be due is in doubt; pauses after attempts in vain go on. */
void agenda_forget(struct agenda *agenda);
void agenda_set(struct agenda *agenda, enum agenda_kind kind, bool due, usec_t next_at);
/* The kind to work on now; AGENDA_KINDS: none.  under_way: bit 1 << kind for each that another
 * connection is at; such a kind is picked only while there is plenty of it.  polled
 * false: what the last poll saw due is old, and only what it foresaw counts. */
enum agenda_kind agenda_pick(
	const struct agenda *agenda, usec_t now, unsigned under_way, bool polled);
/* When pick may answer differently, never before now; AGENDA_NEVER: when somebody calls.  What is
 * under way and not plenty has to end first. */
usec_t agenda_next(const struct agenda *agenda, usec_t now, unsigned under_way, bool polled);
/* The database's clock at a poll, the oldest that it saw, and the next instant ahead; before agenda_set. */
void agenda_dates(
	struct agenda *agenda, enum agenda_kind kind, usec_t now, usec_t oldest, usec_t next);
/* An attempt on it is starting.  While there is plenty, every other one is about what comes due now:
 * who has a backlog to work off is on time nevertheless. */
struct agenda_task agenda_start(struct agenda *agenda, enum agenda_kind kind, usec_t now);
void agenda_served(
	struct agenda *agenda, enum agenda_kind kind, const struct agenda_task *task, bool full);
/* Nothing could be had, or it failed: wait first, twice as long each time, up to limit. */
void agenda_in_vain(
	struct agenda *agenda, enum agenda_kind kind, usec_t now, usec_t first, usec_t limit);
const char *agenda_name(enum agenda_kind kind);
