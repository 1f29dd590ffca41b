-- recurctl validate --all: opens the cursor over all stored rules, of templates and of open tasks that
-- come back when they are completed.
-- A rule that is larger than any that is accepted comes as null, one that is null as JSON's null.
-- Index: the primary keys, in their order.
-- Result: cursor text text text text timestamptz text
declare ctl_rows no scroll cursor for
(select 'template', t.id::text, t.user_id::text,
        case when t.recurrence_rule is null then 'null'
            when pg_catalog.pg_column_size(t.recurrence_rule) <= 65536 then t.recurrence_rule::text end,
        t.next_due_at, (select p.time_zone from recurd.preferences as p where p.user_id = t.user_id)
 from {app}.recurring_tasks as t
 order by t.id)
union all
(select 'task', k.id::text, k.user_id::text,
        case when k.recurrence_rule is null then 'null'
            when pg_catalog.pg_column_size(k.recurrence_rule) <= 65536 then k.recurrence_rule::text end,
        coalesce(k.due_date, k.created_at at time zone 'UTC'),
        (select p.time_zone from recurd.preferences as p where p.user_id = k.user_id)
 from {app}.tasks as k
 where k.recurrence_rule is not null and not k.is_complete
       and pg_catalog.jsonb_typeof(k.recurrence_rule) <> 'null'
 order by k.id)
