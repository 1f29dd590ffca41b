/* The table of the kinds of work; see job.h. */
#include <string.h>

#include "db/fitness.h"
#include "job/beat.h"
#include "job/job.h"

extern const struct job job_beat, job_sequences, job_remind, job_replan, job_generate, job_policed,
	job_resume, job_retry_remind, job_retry_replan, job_retry_generate, job_retry_policed,
	job_retry_settle, job_settle, job_repeat, job_retry_repeat, job_reminders,
	job_retry_reminders, job_zones, job_prune, job_tally, job_poll, job_read_settings,
	job_backfill;

const struct job *const jobs[] = { &job_read_settings, &job_beat, &job_sequences, &job_remind,
	&job_reminders, &job_replan, &job_generate, &job_policed, &job_resume, &job_backfill,
	&job_retry_remind, &job_retry_reminders, &job_retry_replan, &job_retry_generate,
	&job_retry_policed, &job_retry_settle, &job_repeat, &job_retry_repeat, &job_settle,
	&job_zones, &job_prune, &job_tally, &job_poll };
const size_t jobs_len = ARRAY_LEN(jobs);
_Static_assert(ARRAY_LEN(jobs) <= JOBS_MAX, "more jobs than job_shared has room for");

size_t job_number(const struct job *job)
{
	size_t i = 0;
	while (jobs[i] != job)
		i++;
	return i;
}

const struct job *job_find(const char *name)
{
	for (size_t i = 0; i < jobs_len; i++) {
		if (strcmp(jobs[i]->name, name) == 0)
			return jobs[i];
	}
	return NULL;
}

struct trouble *job_trouble(struct job_shared *shared, const struct job *job)
{
	return &shared->troubles[job_number(job->retries ? job->retries : job)];
}

void job_shared_finish(struct job_shared *shared)
{
	for (size_t i = 0; i < JOBS_MAX; i++) {
		waiting_clear(&shared->troubles[i].suspects);
		crowd_forget(&shared->troubles[i].crowd);
	}
	settings_drop(shared->settings);
	shared->settings = NULL;
}

struct batch_settings job_settings(const struct job_site *site, usec_t lock)
{
	const struct conf *conf = site->conf;
	const struct conn_limits *limits = dbsession_limits(site->session);
	return (struct batch_settings){ .statement_timeout = conf->statement_timeout,
		.lock_timeout = limits->lock_timeout < lock ? limits->lock_timeout : lock,
		.idle_timeout = conf->statement_timeout,
		.actor = heartbeat_name(site->shared->heartbeat, conf),
		.search_path = limits->search_path,
		.notify = conf->notify,
		.schema_level = SCHEMA_LEVEL,
		.settings_version = site->settings->version,
		.live_since = site->live_since };
}
