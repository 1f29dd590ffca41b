/* tally: how many rows wait for one cause, while something waits.
 *
 * Each row that begins to wait has its line, within a budget; that many of them have one cause, and that the
 * last of them is through, is told here: loudly, and once.  Also the housekeeping of recurd.causes. */
#include "db/rows.h"
#include "job/errand.h"
#include "util/clock.h"
#include "util/log.h"

#define TALLY_EVERY (10 * USEC_PER_SEC)

extern const struct job job_tally;

/* Columns of causes_tally.sql. */
enum {
	COLUMN_EVENT,
	COLUMN_KIND,
	COLUMN_CAUSE,
	COLUMN_WHY,
	COLUMN_SQLSTATE,
	COLUMN_ROWS,
	COLUMN_REASON,
	COLUMN_NEXT
};

static void log_cause(const PGresult *result, int row)
{
	enum waiting_why why = WAITING_REFUSED;
	bool known = waiting_why_parse(row_text(result, row, COLUMN_WHY), &why);
	bool held = known && why == WAITING_HELD; /* an application's lock is no accident */
	struct log_line line;
	log_begin(&line, held ? LOG_NOTICE : LOG_ERR, "cause");
	log_text(&line, "kind", row_text(result, row, COLUMN_KIND));
	log_stored(&line, "cause", row_text(result, row, COLUMN_CAUSE));
	log_text(&line, "sqlstate", row_text(result, row, COLUMN_SQLSTATE));
	log_int(&line, "rows", row_int8(result, row, COLUMN_ROWS));
	log_stored(&line, "reason", row_text(result, row, COLUMN_REASON));
	log_int(&line, "next_ms", row_int8(result, row, COLUMN_NEXT) / USEC_PER_MSEC);
	log_end(&line);
}

static void log_mended(const PGresult *result, int row)
{
	int64_t rows = row_int8(result, row, COLUMN_ROWS); /* as told last */
	struct log_line line;
	log_begin(&line, rows ? LOG_NOTICE : LOG_INFO, "mended");
	log_text(&line, "kind", row_text(result, row, COLUMN_KIND));
	log_stored(&line, "cause", row_text(result, row, COLUMN_CAUSE));
	log_text(&line, "reason", "nothing waits for it any more");
	log_end(&line);
}

/* Somebody may have asked for it sooner meanwhile. */
static void again_at(struct job_shared *shared, usec_t pause)
{
	usec_t at = clock_monotonic() + pause;
	if (at < shared->tally_at)
		shared->tally_at = at;
}

static void take(struct errand *errand, const struct reply *reply, struct job_report *report)
{
	(void)report;
	struct job_shared *shared = errand->site.shared;
	if (reply->status != REPLY_OK) {
		again_at(shared, TALLY_EVERY);
		return;
	}
	const PGresult *result = reply->results[reply->n - 1];
	bool left = false;
	for (int row = 0; row < PQntuples(result); row++) {
		switch (*row_text(result, row, COLUMN_EVENT)) {
		case 'c':
			log_cause(result, row);
			break;
		case 'm':
			log_mended(result, row);
			break;
		default:
			left = row_int8(result, row, COLUMN_ROWS) > 0;
			break;
		}
	}
	if (left)
		again_at(shared, TALLY_EVERY);
}

static void *start(const struct job *job, const struct job_site *site,
	const struct job_order *order, job_done_fn *done, void *arg)
{
	(void)job;
	(void)order;
	site->shared->tally_at = INT64_MAX;
	struct errand *errand = errand_begin(site, ERRAND_WRITES, take, done, arg);
	conn_add(site->conn, QUERY_CAUSES_TALLY, NULL);
	errand_fly(errand);
	return errand;
}

static usec_t due(const struct job_shared *shared)
{
	return shared->tally_at;
}

const struct job job_tally = { .name = "tally",
	.when = JOB_TIMED,
	.rank = JOB_IN_TURN,
	.weight = 1,
	.tells = true,
	.due = due,
	.start = start,
	.destroy = errand_destroy };
