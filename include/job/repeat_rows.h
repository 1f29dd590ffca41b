/* repeat_rows: the rows of one batch of completed tasks, on their way to the server and into the log.
 *
 * Texts of tasks belong to the claim's result, which must outlive them.  They are written in stretches
 * (writing.h): [from, from + n) counts rows.
 */
#pragma once

#include "db/params.h"
#include "db/rows.h"
#include "job/tell.h"
#include "plan/identity.h"
#include "plan/successor.h"

enum repeat_fate {
	REPEAT_FOLLOWED, /* its successor is made */
	REPEAT_ENDED, /* its rule has no further occurrence */
	REPEAT_OVER, /* its successor is there already, or there is nothing to repeat */
	REPEAT_REOPENED, /* it is not completed any more */
	REPEAT_QUARANTINED,
};

struct repeat_row {
	enum repeat_fate fate;
	const char *id, *user_id;
	usec_t completed_at;
	struct row_place queued,
		place; /* in recurd.repeats, and the task's own where it was locked */
	struct successor successor;
	char successor_id[INSTANCE_ID_SIZE];
	bool written;
};

struct repeat_rows {
	struct repeat_row *rows;
	size_t n, size;
};

/* Takes the successor's memory. */
void repeat_rows_add(struct repeat_rows *rows, const struct repeat_row *row);
void repeat_rows_clear(struct repeat_rows *rows);
size_t repeat_rows_count(
	const struct repeat_rows *rows, enum repeat_fate fate); /* of those written */

/* Parameters of repeat_write.sql.  kind: of the notifications, NULL: none. */
void repeat_rows_params(const struct repeat_rows *rows, size_t from, size_t n, const char *kind,
	struct params *params);
/* Some successor's event lies before keys_from: it may have been told under another key (plan/identity.h). */
bool repeat_rows_before(const struct repeat_rows *rows, usec_t keys_from);
size_t repeat_rows_decisions(const struct repeat_rows *rows, size_t from, size_t n);
/* Returns how many got no line, because of the rate. */
size_t repeat_rows_log(const struct repeat_rows *rows, usec_t clock, usec_t keys_from,
	struct tell_rate *rate, struct tell_hint *hint);
