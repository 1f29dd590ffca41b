-- recurctl status and retry: what waits, a row a cause, the greatest first; and whether a monitor must hear of
-- it: something is refused, or ends sessions, in numbers or for longer than a hiccup.  The last: there are more
-- rows of this cause than are told.
-- Rows may be without their cause for a moment, until a worker counts them.  Of a cause the 1000 rows are counted that
-- were not tried for longest, whatever their kind of work, and the first 200 causes are looked for, one after the other
-- in the index, because a trigger may find a new one for each row.
-- Index: ix_waiting_tried_at, pk_causes.
-- Result: text text text int8 timestamptz timestamptz text bool bool
with recursive found (cause, number) as (
    (select w.cause, 1 from recurd.waiting as w order by w.cause limit 1)
    union all
    select n.cause, f.number + 1
    from found as f
    cross join lateral (select w.cause from recurd.waiting as w
                        where w.cause > f.cause
                        order by w.cause limit 1) as n
    where f.number < 200
), counted as (
    select x.kind, f.cause, count(*) as n, min(x.since) as since, min(x.reason) as reason,
           sum(count(*)) over (partition by f.cause) > 1000 as more
    from found as f
    cross join lateral (select y.kind, y.since, y.reason from recurd.waiting as y
                        where y.cause = f.cause
                        order by y.cause, y.tried_at limit 1001) as x
    group by x.kind, f.cause
)
select w.kind, w.cause, coalesce(c.why, w.why), least(w.n, 1000), coalesce(c.since, w.since), c.next_try_at,
       coalesce(nullif(c.reason, ''), w.reason),
       coalesce(c.why, w.why) <> 'held'
           and (w.n >= 10 or coalesce(c.since, w.since) < recurd.now() - interval '1 min') is true,
       w.more
from (select d.*,
             case when d.cause = 'held' then 'held' when d.cause like 'killing%' then 'killing' else 'refused' end as why
      from counted as d) as w
left join recurd.causes as c on c.kind = w.kind and c.cause = w.cause
order by w.n desc, w.kind, w.cause
