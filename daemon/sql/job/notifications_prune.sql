-- Caller: job/prune.c, after each heartbeat where notification_retention is set.
-- $1 retention in microseconds   $2 at most so many
-- Index: ix_notifications_created_at.
-- Result: none
delete from recurd.notifications
 where id in (select n.id from recurd.notifications n
               where n.created_at < recurd.now() - $1::bigint * interval '1 microsecond'
               order by n.created_at limit $2
                 for update skip locked);
