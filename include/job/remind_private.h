/* remind_private: what the two tables of reminders differ in; for job/remind.c and job/reminders.c alone. */
#pragma once

#include "db/query.h"
#include "job/job.h"

struct remind_source {
	bool several; /* of a task: a row has an id of its own, and its task is looked at when it is due */
	enum query_id claim, claim_fair, claim_waiting, write, left;
};

void *remind_start(const struct remind_source *source, const struct job *job,
	const struct job_site *site, const struct job_order *order, job_done_fn *done, void *arg);
void remind_destroy(void *run);
