/* repeat: tasks with a rule of their own come back when they are completed.
 *
 * A trigger of the application's transaction puts what was completed into recurd.repeats; a batch claims some of
 * that, plans what follows each (plan/successor.h), and writes the successors, their places in their chains, and
 * what became of the rest: over, reopened meanwhile, or in quarantine with a rule that does not work.
 * Successors are told as tasks that were made are, kind task_created.
 */
#pragma once

#include "job/job.h"

extern const struct job job_repeat, job_retry_repeat;
