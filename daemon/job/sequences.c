/* sequences: identities of schema recurd whose sequence stands behind its table, as after a restore that
 * misses sequences, or a cut-over of logical replication, are put beyond it.  Due when a batch met it. */
#include "db/rows.h"
#include "job/errand.h"
#include "util/clock.h"
#include "util/log.h"

extern const struct job job_sequences;

/* Columns of sequences_mend.sql. */
enum { COLUMN_TABLE, COLUMN_BEHIND, COLUMN_MENDED, COLUMN_COMMAND };

static void log_sequence(const PGresult *result, int row)
{
	bool mended = row_bool(result, row, COLUMN_MENDED);
	struct log_line line;
	log_begin(&line, mended ? LOG_WARNING : LOG_ERR, "sequence_behind");
	log_text(&line, "table", row_text(result, row, COLUMN_TABLE));
	if (!row_is_null(result, row, COLUMN_BEHIND))
		log_int(&line, "behind", row_int8(result, row, COLUMN_BEHIND));
	if (mended)
		log_text(&line, "next", "put beyond its table: nothing is lost");
	else
		log_fmt(&line, "next", "this role may not mend it; as the owner: %s",
			row_text(result, row, COLUMN_COMMAND));
	log_end(&line);
}

static void take(struct errand *errand, const struct reply *reply, struct job_report *report)
{
	(void)errand;
	(void)report;
	if (reply->status == REPLY_FAILED)
		errand_complain(LOG_ERR, "sequence_behind", reply);
	if (reply->status != REPLY_OK)
		return;
	const PGresult *result = reply->results[reply->n - 1];
	for (int row = 0; row < PQntuples(result); row++)
		log_sequence(result, row);
}

static void *start(const struct job *job, const struct job_site *site,
	const struct job_order *order, job_done_fn *done, void *arg)
{
	(void)job;
	(void)order;
	site->shared->sequences_behind = false;
	site->shared->sequences_at = clock_monotonic();
	struct errand *errand = errand_begin(site, ERRAND_WRITES, take, done, arg);
	conn_add(site->conn, QUERY_SEQUENCES_MEND, NULL);
	errand_fly(errand);
	return errand;
}

static usec_t due(const struct job_shared *shared)
{
	return shared->sequences_behind ? 0 : INT64_MAX;
}

const struct job job_sequences = { .name = "sequences",
	.when = JOB_TIMED,
	.rank = JOB_AT_ONCE,
	.weight = 1,
	.tells = true,
	.due = due,
	.start = start,
	.destroy = errand_destroy };
