/* generate: due occurrences become tasks; so do, by other claims, templates whose rule was edited (replan), and those
 * that have policies (policed), which are looked at when their wake_at has come.
 *
 * One batch claims templates, plans each (plan/plan.h), and writes instances, notifications, new states and
 * decisions in one statement, all in one transaction of at most batch_size occurrences.  Planning yields to
 * the loop every few milliseconds.
 *
 * A careful batch (job/run.h) first asks whose row in "user" somebody has locked: a task of theirs would
 * have to wait for it, so their templates wait instead, without an attempt.  A rule that does not work is
 * quarantined by the same write; what the database refuses is not: it waits.
 */
#pragma once

#include "job/job.h"

extern const struct job job_generate, job_replan, job_policed, job_retry_generate, job_retry_replan,
	job_retry_policed;
