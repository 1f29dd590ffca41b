-- recurctl show: what was told of a task: the notification of its making, and of the reminder that was
-- handled last.
-- $1 text: the task's id; $2 timestamptz: its occurrence; $3 timestamptz: the remind_at that was handled.
-- An infinite instant, of a hand-made table, has no key.
-- Index: uq_notifications_key.
-- Result: timestamptz text timestamptz text
select n.created_at, n.kind, n.at, n.key
from recurd.notifications as n
where n.key in (case when pg_catalog.isfinite($2::timestamptz) then recurd.notification_key('task_created', $1, $2) end,
                case when pg_catalog.isfinite($3::timestamptz) then recurd.notification_key('reminder', $1, $3) end)
order by n.created_at, n.id
