/* caution: whether batches insert with ON CONFLICT DO NOTHING.
 *
 * What a batch inserts is new: the transaction that made it would have moved the template, or marked the
 * reminder, too.  After a fail-over that lost part of that, or with a backup that was restored in part, it
 * may be there all the same: then the plain form of the statement (db/query.h) fails, and that batch and
 * some after it look before they insert.
 */
#pragma once

#include <string.h>

#include "job/batch.h"

#define CAUTION_BATCHES 16

struct caution {
	int batches; /* still to be careful in */
};

static inline void caution_add(const struct caution *caution, struct conn *conn,
	enum query_id query, const struct params *params)
{
	if (caution->batches)
		conn_add_careful(conn, query, params);
	else
		conn_add(conn, query, params);
}

static inline void caution_worked(struct caution *caution)
{
	if (caution->batches)
		caution->batches--;
}

/* For whom waits alone: his next attempt would come after others have used our caution up. */
static inline void caution_once(struct caution *caution)
{
	if (!caution->batches)
		caution->batches = 1;
}

/* true: nothing is wrong but that a row was there: the same once more, carefully. */
static inline bool caution_failed(struct caution *caution, const struct batch_failure *failure)
{
	if (caution->batches || strcmp(failure->sqlstate, "23505") != 0)
		return false;
	caution->batches = CAUTION_BATCHES;
	return true;
}
