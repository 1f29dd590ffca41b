-- recurctl show: what was told of a task: the notification of its making, and of the reminder that was
-- handled last.
-- $1 text[]: their keys.
-- Index: uq_notifications_key.
-- Result: timestamptz text timestamptz text
select n.created_at, n.kind, n.at, n.key
from recurd.notifications as n
where n.key = any ($1::text[])
order by n.created_at, n.id
