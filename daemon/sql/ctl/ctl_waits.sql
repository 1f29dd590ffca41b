-- recurctl show: whether a template or task waits, and why.
-- $1 text: its id; $2 text[]: kinds of work.
-- Of a task also what its reminders wait for (recurd.reminders), a row each up to 20.
-- A template that was edited since does not wait any more; of a task this role may not know.
-- Index: pk_waiting, pk_causes, the primary key, ix_reminders_task_id.
-- Result: text text text timestamptz timestamptz int4 timestamptz text
select w.kind, w.cause, coalesce(c.why, case when w.cause = 'held' then 'held' when w.cause like 'killing%' then 'killing' else 'refused' end),
       w.since, w.tried_at, w.tries, c.next_try_at, w.reason
from (select o.* from recurd.waiting as o where o.kind = any ($2::text[]) and o.id = $1
      union all
      select o.* from recurd.reminders as r join recurd.waiting as o on o.kind = 'reminders' and o.id = r.id
      where r.task_id = $1 and 'reminders' = any ($2::text[])) as w
left join recurd.causes as c on c.kind = w.kind and c.cause = w.cause
where (w.kind not in ('generate', 'policed', 'replan')
           or exists (select from {app}.recurring_tasks as t where t.id = $1 and t.ctid = w.place))
order by w.kind, w.id
limit 20
