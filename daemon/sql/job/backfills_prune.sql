-- Caller: job/prune.c, after each heartbeat unless notification_retention is 0.
-- $1 retention in microseconds   $2 at most so many
-- Index: ix_backfills_finished_at.
-- Result: none
delete from recurd.backfills
 where id in (select b.id from recurd.backfills b
               where b.finished_at < recurd.now() - $1::bigint * interval '1 microsecond'
               order by b.finished_at limit $2
                 for update skip locked);
