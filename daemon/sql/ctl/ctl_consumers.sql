-- recurctl consumers, status: who has said how far he is with recurd.notifications.
-- Index: ix_notifications_created_at, pk_notifications.
-- Result: text int8 int8 timestamptz int8 timestamptz timestamptz
select c.name, c.done_through,
       (select count(*) from recurd.notifications as n where n.id > c.done_through),
       first.at,
       case when pg_catalog.isfinite(first.at) then (extract(epoch from recurd.now() - first.at) * 1000000)::bigint end,
       c.since, c.seen_at
from recurd.consumers as c
left join lateral (select n.created_at as at from recurd.notifications as n
                   where n.id > c.done_through order by n.id limit 1) as first on true
order by c.name
