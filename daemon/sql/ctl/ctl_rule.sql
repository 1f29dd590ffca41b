-- recurctl validate ID: the rule of one template or task.
-- $1 text: its id.
-- A rule that is larger than any that is accepted comes as null, one that is null as JSON's null.
-- Index: the primary keys.
-- Result: text text text text timestamptz text
select 'template', t.id::text, t.user_id::text,
       case when t.recurrence_rule is null then 'null'
            when pg_catalog.pg_column_size(t.recurrence_rule) <= 65536 then t.recurrence_rule::text end,
       t.next_due_at, (select p.time_zone from recurd.preferences as p where p.user_id = t.user_id)
from {app}.recurring_tasks as t
where t.id = $1
union all
select 'task', k.id::text, k.user_id::text,
       case when k.recurrence_rule is null then 'null'
            when pg_catalog.pg_column_size(k.recurrence_rule) <= 65536 then k.recurrence_rule::text end,
       coalesce(k.due_date, k.created_at at time zone 'UTC'),
       (select p.time_zone from recurd.preferences as p where p.user_id = k.user_id)
from {app}.tasks as k
where k.id = $1 and k.recurrence_rule is not null and pg_catalog.jsonb_typeof(k.recurrence_rule) <> 'null'
