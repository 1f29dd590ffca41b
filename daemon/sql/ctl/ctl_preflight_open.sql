-- recurctl preflight: opens the cursor over the templates that recurd would look at.  Columns that are
-- not there yet (before the migration) are taken from "absent", as in ctl_preflight_reminders.
-- Index: pk_preferences; the templates are read once.
-- Result: cursor {template columns} {user zone} text
declare ctl_rows no scroll cursor for
select {template columns}, {user zone}, t.title::text
from (select null::timestamptz as failed_at, null::timestamp as starts_local, null::text as starts_zone,
             null::timestamptz as planned_due_at, null::timestamptz as made_through, 0::bigint as used_count,
             null::timestamptz as replan_at, null::timestamptz as paused_at, null::timestamptz as resumed_at,
             null::timestamptz as ended_at) as absent
cross join lateral (
    select r.id, r.user_id, r.title, r.recurrence_rule, r.next_due_at, starts_local, starts_zone, planned_due_at,
           made_through, used_count, replan_at, paused_at, resumed_at, ended_at, r.created_at, r.is_active
    from {app}.recurring_tasks as r
    where r.is_active and failed_at is null
) as t
