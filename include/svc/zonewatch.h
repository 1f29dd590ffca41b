/* zonewatch: time zone data that change under us.
 *
 * recurd.zones holds, for every zone that a template was computed in, a digest of the data it was
 * computed under.  At the start, and when zone files on disk have changed (looked at with every
 * heartbeat), the digests are compared; the templates of a zone that differs are marked, a stretch of
 * the table at a time, and planned anew: the wall time stays, the instant moves.  At the start our
 * zones are also compared with PostgreSQL's, and event=tzdata_differs says where they disagree:
 * what applications compute in SQL is then another instant than ours.
 *
 * A chain of small steps that the scheduler fits in between batches: while zonewatch_pending, it
 * calls zonewatch_send on a free connection and hands the answer to zonewatch_take.
 */
#pragma once

#include <stdbool.h>

#include "db/conn.h"

struct zonewatch;

struct zonewatch *zonewatch_create(void);
void zonewatch_destroy(struct zonewatch *watch);

/* Looks at the files of the loaded zones. */
void zonewatch_look(struct zonewatch *watch);
/* After a batch: were there zones that recurd.zones does not know? */
void zonewatch_note(struct zonewatch *watch);
/* idle: also what can wait until there is nothing else to do. */
bool zonewatch_pending(const struct zonewatch *watch, bool idle);
void zonewatch_send(struct zonewatch *watch, struct conn *conn, reply_fn *fn, void *arg);
/* A lost or refused step is taken again after the next look. */
void zonewatch_take(struct zonewatch *watch, const struct reply *reply);
