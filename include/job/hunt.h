/* hunt: how the next batch of a kind of work is tried, after what became of the ones before.  Pure.
 *
 * A plain batch is fast and fails as a whole.  After a failure the next batches are careful: they are
 * written behind savepoints, row by row if need be (sift.h), look before they insert, never wait for the
 * row of a user, and record in the database (waiting.h) which rows could not be written, and why.  From then
 * on those rows are nobody's business but that of retries, which have a turn of their own (below, and retry.h).
 * So what is bad holds up nobody, whatever its number, and nothing of it is kept here: what this struct
 * forgets, in a restart say, costs one failed batch.
 *
 * A session that ends while rows are written ends the transaction too, so nobody can be blamed within it.
 * The first time that is nobody's fault.  When it happens to the careful batch that follows, of at most
 * HUNT_SUSPECTS rows, all of these wait as suspects, so that everybody else goes on; retries halve their
 * groups until the one is alone.
 */
#pragma once

#include <stdbool.h>

#include "db/sqlstate.h"
#include "util/macros.h"

#define HUNT_CAREFUL  16 /* batches, after the last failure */
#define HUNT_SUSPECTS 64 /* rows of a careful batch, after a session was lost */

#define HUNT_PLAIN_LOCK   (50 * USEC_PER_MSEC) /* the longest wait of a plain batch for a lock */
#define HUNT_CAREFUL_LOCK (10 * USEC_PER_MSEC) /* of an attempt in a careful one */
#define HUNT_TIME         (100 * USEC_PER_MSEC) /* of attempts in a careful batch, or as its claim took */
#define HUNT_ATTEMPT      (1 * USEC_PER_SEC) /* the longest attempt in a careful batch */

struct hunt {
	int careful; /* batches still to be careful in */
	size_t first; /* rows of the first attempt of a careful batch; 0: all */
	size_t limit; /* rows of a careful batch; 0: as many as in a plain one */
	bool lossy; /* there were some since all went well */
	int losses; /* sessions that ended over this kind, in a row */
	bool blind; /* the last sift met nothing but failures that look like the server's */
	bool latest; /* the last careful batch began with what came due last */
	bool refused; /* something of this kind waits in the database for more than a lock, by the last poll */
	bool waiting; /* something of this kind waits in the database, by the last poll */
};

/* Rows of the next batch, of at most `full`. */
size_t hunt_limit(const struct hunt *hunt, size_t full);
/* Careful batches begin with what is oldest and with what came due last in turn: whether this one does.  So
 * behind any number of bad rows of one night the healthy ones of this morning are served at once. */
bool hunt_begins_with_latest(struct hunt *hunt);
/* What became of a batch. */
void hunt_worked(struct hunt *hunt);
void hunt_failed(struct hunt *hunt);
/* The next careful batch begins with attempts of so many rows. */
void hunt_go_on_with(struct hunt *hunt, size_t rows);
/* A careful batch had time for so many rows: a larger claim would be a waste. */
void hunt_slow(struct hunt *hunt, size_t rows);
/* A session was lost while `rows` rows were written; losses: hunt->losses when that batch began, because one
 * restart of the server ends the sessions of several lanes.  true: the rows are suspects. */
bool hunt_lost(struct hunt *hunt, size_t rows, int losses);
/* A careful batch wrote none of its rows, all refused as if the server were in trouble: whether the rows
 * are to blame, which is so from the second time on. */
bool hunt_blames(struct hunt *hunt, bool all_failed);

/* ---- retries ---- */

enum waiting_why { WAITING_HELD, WAITING_REFUSED, WAITING_KILLING };

const char *waiting_why_name(enum waiting_why why);
bool waiting_why_parse(const char *name, enum waiting_why *ret_why);
/* The failure of one row by itself. */
enum waiting_why waiting_why_of(const char *sqlstate);

#define HUNT_PROVEN \
	7 /* tries after which a group of suspects was a single row; retry_end.sql, too */
#define RETRY_PROBES 16 /* rows of a cause that are tried as long as none succeeds */
#define HUNT_HELD_SHARE_MAX \
	(2 * USEC_PER_SEC) /* the longest pause for that reason of what is held */
#define RETRY_SHARE 10 /* a cause takes at most a tenth of the time, unless that would be minutes */

/* How many rows of a cause are tried together.  tries: in vain, in a row; for killing, of the rows that
 * are chosen. */
size_t retry_rows(enum waiting_why why, int tries, size_t full);
/* The pause before a group of suspects is tried.  lives: the server ended the session and told so; else it
 * may have crashed, and taken the sessions of everybody with it. */
usec_t retry_group_pause(bool lives);
/* The pause after an attempt in vain that took so long; for a proven killer, before it. */
usec_t retry_pause(enum waiting_why why, int tries, usec_t took);
