-- recurctl simulate: opens the cursor over templates, each with what a plan of it needs.
-- $1 text: only this one, null: all.
-- Index: the primary key, in its order.
-- Result: cursor text text bool text timestamptz int8 {template columns} {user zone} {policy columns}
declare ctl_rows no scroll cursor for
select t.title::text, t.priority::text, t.failed_at is not null, t.failure, p.paused_until, null::bigint,
       {template columns}, {user zone}, {policy columns}
from {app}.recurring_tasks as t
left join recurd.policies as p on p.template_id = t.id
where $1::text is null or t.id = $1
order by t.id
