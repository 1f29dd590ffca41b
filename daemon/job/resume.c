/* resume: pauses that were to end at an instant (recurd.policies.paused_until) end: the poll says that there are some.
 * What fell into them is up to the template's next plan. */
#include "db/rows.h"
#include "job/errand.h"
#include "util/clock.h"
#include "util/log.h"

#define RESUME_LIMIT 1000

extern const struct job job_resume;

/* Columns of resume_due.sql. */
enum { COLUMN_ID, COLUMN_USER, COLUMN_UNTIL, COLUMN_REASON, COLUMN_RESUMES };

static void log_resumed(const PGresult *result, int row)
{
	struct log_line line;
	log_begin(&line, LOG_INFO, "resumed");
	log_stored(&line, "template", row_text(result, row, COLUMN_ID));
	log_stored(&line, "user", row_text(result, row, COLUMN_USER));
	log_instant(&line, "until", row_instant(result, row, COLUMN_UNTIL));
	log_stored(&line, "reason", row_text(result, row, COLUMN_REASON));
	log_end(&line);
}

static void take(struct errand *errand, const struct reply *reply, struct job_report *report)
{
	if (reply->status != REPLY_OK)
		return;
	const PGresult *result = reply->results[reply->n - 1];
	report->full = PQntuples(result) == RESUME_LIMIT;
	report->again = report->full;
	for (int row = 0; row < PQntuples(result); row++) {
		if (row_bool(result, row, COLUMN_RESUMES) &&
			tell_rate_take(&errand->site.shared->generated, clock_monotonic()))
			log_resumed(result, row);
	}
	if (PQntuples(result) == 0)
		report->outcome = BATCH_NOTHING;
}

static void *start(const struct job *job, const struct job_site *site,
	const struct job_order *order, job_done_fn *done, void *arg)
{
	(void)job;
	(void)order;
	struct errand *errand = errand_begin(site, ERRAND_WRITES, take, done, arg);
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_int8(&params, RESUME_LIMIT);
	conn_add(site->conn, QUERY_RESUME_DUE, &params);
	errand_fly(errand);
	return errand;
}

const struct job job_resume = { .name = "resume",
	.rank = JOB_IN_TURN,
	.weight = 4,
	.start = start,
	.destroy = errand_destroy };
