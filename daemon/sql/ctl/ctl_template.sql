-- recurctl show, next --template, validate ID: one template with all that recurd knows of it.
-- $1 text: its id.
-- A rule that is larger than any that is accepted comes as null, one that is null as JSON's null.
-- Index: the primary key.
-- Result: text text text text text text timestamptz bool timestamptz timestamp|timestamptz timestamp text
-- Result: timestamptz timestamptz int8 timestamptz timestamptz timestamptz timestamptz timestamptz text int8
-- Result: text text text text text timestamptz timestamptz timestamptz timestamptz timestamp int8
-- Result: timestamptz text
select t.id::text, t.user_id::text, t.title::text, t.description::text, t.priority::text,
       case when t.recurrence_rule is null then 'null'
            when pg_catalog.pg_column_size(t.recurrence_rule) <= 65536 then t.recurrence_rule::text end, t.next_due_at, t.is_active, t.created_at, t.updated_at,
       t.starts_local, t.starts_zone, t.planned_due_at, t.made_through, t.used_count, t.replan_at,
       t.paused_at, t.resumed_at, t.ended_at, t.failed_at, t.failure,
       (select count(*) from {app}.tasks as k where k.recurring_task_id = t.id),
       (select pg_catalog.json_agg(g.name order by g.name)::text
        from recurd.template_tags as x join {app}.tags as g on g.id = x.tag_id
        where x.recurring_task_id = t.id),
       t.id::text, t.user_id::text, t.title::text,
       case when t.recurrence_rule is null then 'null'
            when pg_catalog.pg_column_size(t.recurrence_rule) <= 65536 then t.recurrence_rule::text end,
       t.next_due_at, t.planned_due_at, t.made_through, t.replan_at, t.starts_local, t.used_count,
       t.ended_at, (select p.time_zone from recurd.preferences as p where p.user_id = t.user_id)
from {app}.recurring_tasks as t
where t.id = $1
