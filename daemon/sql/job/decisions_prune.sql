-- Caller: job/prune.c, after each heartbeat unless notification_retention is 0.
-- $1 retention in microseconds   $2 at most so many
-- Index: ix_decisions_at.
-- Result: none
delete from recurd.decisions
 where id in (select d.id from recurd.decisions d
               where d.at < recurd.now() - $1::bigint * interval '1 microsecond'
               order by d.at limit $2
                 for update skip locked);
