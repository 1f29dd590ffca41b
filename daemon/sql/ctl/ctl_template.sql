-- recurctl show, next --template, validate ID: one template with all that recurd knows of it.
-- $1 text: its id.
-- Its tasks are counted up to 1001.
-- Index: the primary keys, ux_tasks_recurring_task_id_occurrence_at.
-- Result: text text text text text text timestamptz bool timestamptz timestamptz timestamp text
-- Result: timestamptz timestamptz int8 timestamptz timestamptz timestamptz timestamptz timestamptz text int8
-- Result: text {template columns} {user zone} timestamptz timestamptz {policy columns}
select t.id::text, t.user_id::text, t.title::text, t.description::text, t.priority::text,
       {rule}, t.next_due_at, t.is_active, t.created_at,
       -- By its name in the row: an adopted table may be without it, or have it in another type.
       (select case when a.atttypid = 'timestamptz'::regtype then (j.row ->> 'updated_at')::timestamptz
                    else (j.row ->> 'updated_at')::timestamp at time zone 'UTC' end
        from pg_catalog.pg_attribute as a
        cross join lateral (select pg_catalog.to_jsonb(t)) as j (row)
        where a.attrelid = t.tableoid and a.attname = 'updated_at' and not a.attisdropped
              and a.atttypid in ('timestamp'::regtype, 'timestamptz'::regtype)),
       t.starts_local, t.starts_zone, t.planned_due_at, t.made_through, t.used_count, t.replan_at,
       t.paused_at, t.resumed_at, t.ended_at, t.failed_at, t.failure,
       (select count(*) from (select from {app}.tasks as k where k.recurring_task_id = t.id
                              order by k.occurrence_at limit 1001) as x),
       (select pg_catalog.json_agg(g.name order by g.name)::text
        from recurd.template_tags as x join {app}.tags as g on g.id = x.tag_id
        where x.recurring_task_id = t.id),
       {template columns}, {user zone}, t.wake_at, p.paused_until, {policy columns}
from {app}.recurring_tasks as t
left join recurd.policies as p on p.template_id = t.id
where t.id = $1
