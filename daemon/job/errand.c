/* One flight; see the header. */
#include "job/errand.h"

#include <stdlib.h>

#include "util/log.h"
#include "util/mem.h"

struct errand *errand_begin(const struct job_site *site, enum errand_way way,
	void (*take)(struct errand *, const struct reply *, struct job_report *), job_done_fn *done,
	void *arg)
{
	struct errand *errand = mem_alloc(sizeof(*errand));
	*errand = (struct errand){
		.site = *site, .done = done, .arg = arg, .take = take, .way = way
	};
	if (way == ERRAND_WRITES)
		dbsession_write(site->session);
	else
		dbsession_ask(site->session);
	return errand;
}

static enum batch_outcome outcome_of(const struct reply *reply)
{
	if (reply->status == REPLY_LOST)
		return BATCH_LOST;
	if (reply->status == REPLY_OK)
		return BATCH_COMMITTED;
	bool conflict = sqlstate_classify(reply->sqlstate) == SQLSTATE_CONFLICT;
	return conflict ? BATCH_CONFLICT : BATCH_FAILED;
}

static void on_reply(void *arg, const struct reply *reply)
{
	struct errand *errand = arg;
	struct job_report report = { .outcome = outcome_of(reply) };
	if (reply->status != REPLY_OK)
		batch_failure_take(&report.failure, reply);
	if (errand->take)
		errand->take(errand, reply, &report);
	errand->done(errand->arg, &report);
}

void errand_fly(struct errand *errand)
{
	if (errand->way == ERRAND_WRITES)
		conn_fly(errand->site.conn, on_reply, errand);
	else
		conn_fly_within(errand->site.conn, DBSESSION_ASK_DEADLINE, on_reply, errand);
}

void errand_destroy(void *errand)
{
	free(errand);
}

void errand_complain(int priority, const char *event, const struct reply *reply)
{
	struct log_line line;
	log_begin(&line, priority, event);
	log_text(&line, "statement", reply->statement);
	log_text(&line, "sqlstate", *reply->sqlstate ? reply->sqlstate : NULL);
	log_text(&line, "msg", reply->message);
	log_end(&line);
}
