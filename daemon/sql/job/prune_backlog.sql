-- Caller: job/prune.c, before the first prune of a process.
-- How many rows of recurd.notifications no prune of before has taken, though they are this old: those of a database
-- that was kept for ever, as every one was before step 29.  What a consumer keeps is not meant.
-- $1 age in microseconds   $2 counted up to so many
-- Index: ix_notifications_created_at.
-- Result: int8
select count(*)
  from (select from recurd.notifications n
         where n.created_at < recurd.now() - $1::bigint * interval '1 microsecond'
           and n.id <= coalesce((select pg_catalog.min(c.done_through) from recurd.consumers c), 9223372036854775807)
         order by n.created_at limit $2) as x;
