-- recurctl preflight: opens the cursor over the templates that recurd would look at.  Columns that are
-- not there yet (before the migration) are taken from "absent", as in ctl_preflight_reminders.
-- A rule that is larger than any that is accepted comes as null, one that is null as JSON's null.
-- Index: pk_preferences; the templates are read once.
-- Result: cursor text text text text timestamptz timestamptz timestamptz timestamptz timestamp int8
-- Result: timestamptz text
declare ctl_rows no scroll cursor for
select t.id, t.user_id, t.title, t.rule, t.next_due_at, t.planned_due_at, t.made_through, t.replan_at,
       t.starts_local, t.used_count, t.ended_at,
       (select p.time_zone from recurd.preferences as p where p.user_id = t.user_id)
from (select null::timestamptz as failed_at, null::timestamptz as planned_due_at,
             null::timestamptz as made_through, null::timestamptz as replan_at,
             null::timestamp as starts_local, 0::bigint as used_count,
             null::timestamptz as ended_at) as absent
cross join lateral (
    select r.id::text as id, r.user_id::text as user_id, r.title::text as title,
           case when r.recurrence_rule is null then 'null'
            when pg_catalog.pg_column_size(r.recurrence_rule) <= 65536
                then r.recurrence_rule::text end as rule,
           r.next_due_at, planned_due_at, made_through, replan_at, starts_local, used_count, ended_at
    from {app}.recurring_tasks as r
    where r.is_active and failed_at is null
) as t
