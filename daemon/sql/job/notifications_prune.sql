-- Caller: job/prune.c, after each heartbeat unless notification_retention is 0.
-- What a consumer has not done stays (recurd.consumers).  Ids decide; the instant of the first that is not done
-- is for the index, so that what a consumer that is gone holds up is not passed over again and again.
-- $1 retention in microseconds, as long as the setting (NULL: the default) is not a longer one by now   $2 at most so many
-- Index: ix_notifications_created_at, pk_notifications.
-- Result: none
delete from recurd.notifications
 where not exists (select from recurd.settings s
                    where extract(epoch from s.notification_retention) * 1000000 not between 1 and $1::bigint)
   and id in (select n.id from recurd.notifications n
               where n.created_at < recurd.now() - $1::bigint * interval '1 microsecond'
                 and n.created_at <= coalesce((select f.created_at from recurd.notifications f
                                                where f.id > (select pg_catalog.min(c.done_through)
                                                                from recurd.consumers c)
                                                order by f.id limit 1), 'infinity')
                 and n.id <= coalesce((select pg_catalog.min(c.done_through) from recurd.consumers c), 9223372036854775807)
               order by n.created_at limit $2
                 for update skip locked);
