-- Caller: job/prune.c, after each heartbeat unless audit_retention is 0.
-- $1 retention in microseconds   $2 at most so many
-- Index: ix_changes_at.
-- Result: none
delete from recurd.changes
 where id in (select c.id from recurd.changes c
               where c.at < recurd.now() - $1::bigint * interval '1 microsecond'
               order by c.at limit $2
                 for update skip locked);
