/* resume: pauses that were to end at an instant (recurd.policies.paused_until) end: the poll says that there are some.
 * What fell into them is up to the template's next plan.  What the database refuses stays paused, is told, and is
 * tried again when the others are done. */
#include "db/rows.h"
#include "job/errand.h"
#include "util/clock.h"
#include "util/log.h"

#define RESUME_LIMIT 1000

extern const struct job job_resume;

/* Columns of resume_due.sql. */
enum {
	COLUMN_ID,
	COLUMN_USER,
	COLUMN_UNTIL,
	COLUMN_REASON,
	COLUMN_RESUMES,
	COLUMN_SQLSTATE,
	COLUMN_REFUSED
};

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

static void log_refused(const PGresult *result, int row)
{
	const char *sqlstate = row_text(result, row, COLUMN_SQLSTATE);
	bool of_row = sqlstate_classify(sqlstate) == SQLSTATE_ROW;
	struct log_line line;
	log_begin(&line, of_row ? LOG_WARNING : LOG_ERR, "refused");
	log_stored(&line, "template", row_text(result, row, COLUMN_ID));
	log_stored(&line, "user", row_text(result, row, COLUMN_USER));
	log_text(&line, "sqlstate", sqlstate);
	log_stored(&line, "reason", row_text(result, row, COLUMN_REFUSED));
	log_text(&line, "next", "stays paused and is tried again, the others go on");
	log_end(&line);
}

static void tell(struct tell_rate *rate, const PGresult *result, int row, bool refused)
{
	if (!refused && !row_bool(result, row, COLUMN_RESUMES))
		return;
	if (!tell_rate_take(rate, clock_monotonic()))
		return;
	if (refused)
		log_refused(result, row);
	else
		log_resumed(result, row);
}

/* Where all of them were refused there is nothing to be done for a while. */
static void take(struct errand *errand, const struct reply *reply, struct job_report *report)
{
	if (reply->status != REPLY_OK)
		return;
	const PGresult *result = reply->results[reply->n - 1];
	size_t n = (size_t)PQntuples(result);
	for (int row = 0; row < PQntuples(result); row++) {
		bool refused = !row_is_null(result, row, COLUMN_SQLSTATE);
		report->refused += refused;
		tell(&errand->site.shared->generated, result, row, refused);
	}
	if (report->refused == n)
		report->outcome = BATCH_NOTHING;
	report->full = n == RESUME_LIMIT && report->refused < n;
	report->again = report->full;
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
