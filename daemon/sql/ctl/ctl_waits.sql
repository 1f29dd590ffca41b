-- recurctl show: whether a template or task waits, and why.
-- $1 text: its id; $2 text[]: kinds of work.
-- A template that was edited since does not wait any more; of a task this role may not know.
-- Index: pk_waiting, pk_causes, the primary key.
-- Result: text text text timestamptz timestamptz int4 timestamptz text
select w.kind, w.cause, coalesce(c.why, case when w.cause = 'held' then 'held' when w.cause like 'killing%' then 'killing' else 'refused' end),
       w.since, w.tried_at, w.tries, c.next_try_at, w.reason
from recurd.waiting as w
left join recurd.causes as c on c.kind = w.kind and c.cause = w.cause
where w.id = $1 and w.kind = any ($2::text[])
      and (w.kind not in ('generate', 'policed', 'replan')
           or exists (select from {app}.recurring_tasks as t where t.id = $1 and t.ctid = w.place))
order by w.kind
