/* settings: the row of recurd.settings, read at the start of each session and whenever it has another version.
 *
 * Who notices that is the poll, and each batch: its first statement and the last before COMMIT give the version,
 * and a batch that was planned by another one is rolled back and begun anew (BATCH_OUTDATED).  So it does not
 * matter which worker has polled since a change: what is made, is made by the settings that are in force.
 */
#pragma once

#include "job/job.h"

extern const struct job job_read_settings;

/* What is known may be old. */
void settings_outdate(struct job_shared *shared);
