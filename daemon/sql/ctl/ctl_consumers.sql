-- recurctl consumers, status: who has said how far he is with recurd.notifications.
-- What he has not done is counted up to 1000; the last: there is more.
-- Index: pk_notifications.
-- Result: text int8 int8 timestamptz int8 timestamptz timestamptz bool
select c.name, c.done_through,
       least(left_over.n, 1000),
       first.at,
       case when pg_catalog.isfinite(first.at) then (extract(epoch from recurd.now() - first.at) * 1000000)::bigint end,
       c.since, c.seen_at, left_over.n > 1000
from recurd.consumers as c
left join lateral (select n.created_at as at from recurd.notifications as n
                   where n.id > c.done_through order by n.id limit 1) as first on true
cross join lateral (select count(*) as n
                    from (select from recurd.notifications as n
                          where n.id > c.done_through order by n.id limit 1001) as x) as left_over
order by c.name
