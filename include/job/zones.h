/* zones: time zone data that change under us.
 *
 * recurd.zones holds, for every zone that a template was computed in, a digest of the data it was
 * computed under.  At the start, and when zone files on disk have changed (looked at with every
 * heartbeat), the digests are compared; the templates of a zone that differs are marked, a stretch of
 * the table at a time, and planned anew: the wall time stays, the instant moves.  At the start our
 * zones are also compared with PostgreSQL's, and event=tzdata_differs says where they disagree:
 * what applications compute in SQL is then another instant than ours.
 *
 * A zone that this machine lacks, and that is recorded there, or known to the server, is told once
 * (event=tzdata_missing); templates that go by it wait until a worker comes that has it (recur/zone_lacks.h).
 * Each heartbeat says in which of the recorded zones this worker differs, and which it lacks.
 *
 * A chain of small steps, each a run of the job "zones".
 */
#pragma once

#include "job/job.h"

extern const struct job job_zones;

struct zonewatch *zonewatch_create(void);
void zonewatch_destroy(struct zonewatch *watch);

/* Looks at the files of the loaded zones. */
void zonewatch_look(struct zonewatch *watch);
/* After a batch: were there zones that recurd.zones does not know? */
void zonewatch_note(struct zonewatch *watch);

/* What others were asked about a zone that this machine lacks. */
void zonewatch_judge(const char *name, bool others_have);
/* For the heartbeat: the zones that this worker has, their digests, and those that it lacks. */
void zonewatch_add(struct params *params);
/* others: zones are recorded of which it said nothing. */
void zonewatch_heard(struct zonewatch *watch, bool others);
