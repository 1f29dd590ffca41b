/* retry: rows that wait are tried again, cause by cause (recurd.causes, recurd.waiting).
 *
 *   pick a cause whose time has come --> choose some of its rows --> the job tries them --> end: the next try
 *
 * refused   as long as none succeeds a few probes, those that were not tried for longest, after 1, 2, 4 ...
 *           60 s; when one does, all are tried in batches
 * held      a pass over all of them, in the order of their ids, every half second
 * killing   groups that halve with each session that ends; a proven killer after 10 s ... 10 min
 *
 * The functions add statements to a flight and take their results; the run drives (run.c).
 * Owner: retry_clear.
 */
#pragma once

#include "db/conn.h"
#include "job/hunt.h"

struct retry {
	const char *kind; /* of what is retried */
	char *cause, *after;
	enum waiting_why why;
	int tries; /* in vain, in a row */
	size_t count; /* rows of the cause, up to some thousand */
	size_t limit; /* rows asked for */
	PGresult *chosen;
	usec_t began; /* monotonic */
};

void retry_clear(struct retry *retry);

void retry_add_pick(struct retry *retry, const char *kind, struct conn *conn);
/* false: nobody's time has come. */
bool retry_take_pick(struct retry *retry, const PGresult *result);
/* full: as many as a batch may have. */
void retry_add_choose(struct retry *retry, size_t full, struct conn *conn);
void retry_take_choose(struct retry *retry, const struct reply *reply, int result);
size_t retry_chosen(const struct retry *retry);
const char *retry_id(const struct retry *retry, size_t i);

/* Some of the chosen could not be had: all had their turn. */
void retry_add_passed(const struct retry *retry, const char *const *ids, struct conn *conn);
/* Before a group of suspects is tried: nobody could note it afterwards. */
void retry_add_count(const struct retry *retry, struct conn *conn);
/* worked: some were written.  forgot: about some nothing was left to be done.  last: id of the last row that was
 * dealt with; NULL: all were. */
void retry_add_end(
	const struct retry *retry, bool worked, bool forgot, const char *last, struct conn *conn);
