-- recurctl validate ID: the rule of one template or task, as of a template that nobody has planned yet.
-- $1 text: its id.
-- Index: the primary keys.
-- Result: text {template columns} {user zone}
select t.kind, {template columns}, {user zone}
from (select 'template' as kind, r.id, r.user_id, r.recurrence_rule, r.next_due_at
      from {app}.recurring_tasks as r
      where r.id = $1
      union all
      select 'task', k.id, k.user_id, k.recurrence_rule, coalesce(k.due_date, k.created_at at time zone 'UTC')
      from {app}.tasks as k
      where k.id = $1 and k.recurrence_rule is not null
            and pg_catalog.jsonb_typeof(k.recurrence_rule) <> 'null') as s
cross join lateral (
    select s.*, null::timestamp as starts_local, null::text as starts_zone, null::timestamptz as planned_due_at,
           null::timestamptz as made_through, 0 as used_count, null::timestamptz as replan_at,
           null::timestamptz as paused_at, null::timestamptz as resumed_at, null::timestamptz as ended_at,
           null::timestamptz as created_at, true as is_active) as t
