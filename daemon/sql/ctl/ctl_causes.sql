-- recurctl status and retry: what waits, a row a cause, the greatest first; and whether a monitor must hear of
-- it: something is refused, or ends sessions, in numbers or for longer than a hiccup.
-- Rows may be without their cause for a moment, until a worker counts them.
-- Index: none, all that waits is counted.
-- Result: text text text int8 timestamptz timestamptz text bool
select w.kind, w.cause, coalesce(c.why, w.why), w.n, coalesce(c.since, w.since), c.next_try_at,
       coalesce(nullif(c.reason, ''), w.reason),
       coalesce(c.why, w.why) <> 'held'
           and (w.n >= 10 or coalesce(c.since, w.since) < recurd.now() - interval '1 min') is true
from (select r.kind, r.cause, count(*) as n, min(r.since) as since, min(r.reason) as reason,
             case when r.cause = 'held' then 'held' when r.cause like 'killing%' then 'killing' else 'refused' end as why
      from recurd.waiting as r
      group by r.kind, r.cause) as w
left join recurd.causes as c on c.kind = w.kind and c.cause = w.cause
order by w.n desc, w.kind, w.cause
