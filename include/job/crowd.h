/* crowd: whose flood this is, and how far the others behind it were looked for.  Pure.
 *
 * Claims go by instants, so that a user with 50,000 rows of one instant would have everybody wait for the last of
 * them.  A user of whom more than a share of a full batch (option user_share) came lately is marked.  While
 * somebody is marked and rows are left over, a batch has two claims in one statement (generate_claim_fair.sql,
 * reminder_claim_fair.sql): first "others", rows of whoever is not marked, then the oldest rows,
 * whoever's.  Where others were found the second part is at most the share of the batch, else all of it; and
 * it always has its share, so that those who are marked do not starve behind others either.
 *
 * "Lately": each batch lets what was counted before fade, so that ten thousand rows later a thirtieth is left.  So
 * ten floods side by side are marked as one is, after some batches; a user with five rows a second never is; and
 * who came with two thousand rows and is marked for it is an "other" again a second later, even behind a flood of
 * millions.  More than some 40 equal floods at once are a herd, in which all wait for all.
 *
 * What it costs, and why others are found soon.  No index knows of users and instants, so the look for others steps
 * over the flood's entries, 0.5 us each beside the 90 us that the row costs when it is written.  It begins at
 * `place`: everything that was due before was looked at, and belongs to those who are marked, or is locked.  A
 * look takes CROWD_STEPS entries at most, some 30 ms, and moves the place to the last of them; where that was all
 * that is due, to now.  Therefore:
 * - each entry is stepped over once in a pass, however often it is looked;
 * - behind a flood of n entries, old or new, spread or not, the others are found after n / CROWD_STEPS batches, at
 *   the latest; from then on each look sees only what came due since the last one, and others are found by
 *   the first batch after their instant, as long as CROWD_STEPS come due in less than a batch takes;
 * - what comes due during a backlog does not wait for that either: every other batch is about it (svc/agenda.h),
 *   and looks there;
 * - entries of one instant have no place between them.  A look that ends in the instant in which it began takes twice
 *   as many the next time, up to CROWD_STEPS_MAX: twice the flood in all.  Beyond that it is passed, and others of
 *   that very instant wait with it.
 *
 * What comes to lie below the place (dated back, committed late, locked at the time, of a user who is no longer
 * marked) is found by the next pass.  It begins when CROWD_PASS times fewer rows were written than the last pass had
 * steps, so that looking takes a thirtieth of the time at most.
 *
 * Nothing of this stands in the database.  What a process forgets costs it one batch.  Owner of texts: this struct.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/timefmt.h"

#define CROWD_USERS     40 /* that are known at a time */
#define CROWD_MEMORY    10 /* full batches: what was counted fades over them */
#define CROWD_STEPS     65536 /* entries of a look */
#define CROWD_STEPS_MAX (1 << 20) /* of one that has to get over an instant */
#define CROWD_PASS      4
#define CROWD_MARGIN    (100 * USEC_PER_MSEC) /* rows that were written with "now" and commit late */

struct crowd_user {
	char *id;
	double rows; /* lately */
	bool marked;
};

struct crowd {
	struct crowd_user users[CROWD_USERS];
	size_t n, marked;
	bool placed; /* in this pass there is a place */
	usec_t place; /* on the database's clock */
	unsigned pass; /* its number: what a look of another one found does not count */
	int64_t steps; /* of the next look; 0: CROWD_STEPS */
	int64_t stepped; /* in this pass */
	int64_t wrote; /* rows since it was complete */
	bool complete;
};

/* A batch of n rows was written, `full` is how many it may have in all, share how many of one user: whose they
 * were, a text each (NULL: nobody's), in any order.  ret_marked has room for CROWD_USERS: those who were marked by
 * that, and how many they are is returned. */
size_t crowd_count(struct crowd *crowd, const char *const *users, size_t n, size_t full,
	size_t share, const char **ret_marked);
/* A batch failed: those whom it had locked may lie below the place. */
void crowd_doubt(struct crowd *crowd);
/* There is no backlog any more. */
void crowd_forget(struct crowd *crowd);
/* Those who are marked; ids has room for CROWD_USERS.  Returns how many. */
size_t crowd_marked(const struct crowd *crowd, const char **ids);

/* A look for others. */
struct crowd_look {
	usec_t from; /* from this instant on */
	int64_t steps; /* so many entries at most */
	unsigned pass;
	bool apart; /* it began beyond the place, and says nothing about it */
};

/* wanted: nothing older is, either because nothing older is due, or because this batch is about what came due a
 * moment ago (fresh). */
struct crowd_look crowd_look(const struct crowd *crowd, usec_t wanted, bool fresh);

/* What it came to. */
struct crowd_seen {
	int64_t stepped; /* entries */
	usec_t reached; /* the instant of the last of them, or of the last other where there were too many */
	bool cut; /* others are left over */
	usec_t now; /* of its transaction */
};

void crowd_looked(
	struct crowd *crowd, const struct crowd_look *look, const struct crowd_seen *seen);
