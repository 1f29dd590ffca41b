-- recurctl validate --all: opens the cursor over all stored rules, of templates and of open tasks that
-- come back when they are completed, as of templates that nobody has planned yet.
-- Index: the primary keys, in their order.
-- Result: cursor text {template columns} {user zone}
declare ctl_rows no scroll cursor for
select t.kind, {template columns}, {user zone}
from ((select 'template' as kind, r.id, r.user_id, r.recurrence_rule, r.next_due_at
       from {app}.recurring_tasks as r
       order by r.id)
      union all
      (select 'task', k.id, k.user_id, k.recurrence_rule, coalesce(k.due_date, k.created_at at time zone 'UTC')
       from {app}.tasks as k
       where k.recurrence_rule is not null and not k.is_complete
             and pg_catalog.jsonb_typeof(k.recurrence_rule) <> 'null'
       order by k.id)) as s
cross join lateral (
    select s.*, null::timestamp as starts_local, null::text as starts_zone, null::timestamptz as planned_due_at,
           null::timestamptz as made_through, 0 as used_count, null::timestamptz as replan_at,
           null::timestamptz as paused_at, null::timestamptz as resumed_at, null::timestamptz as ended_at,
           null::timestamptz as created_at, true as is_active) as t
