-- Caller: web/board.c, at most once in ten seconds while anybody looks.  An hour back and an hour ahead by minutes.
-- Index: ix_notifications_created_at, ix_recurring_tasks_due, ix_tasks_pending_remind_at.
-- Result: int4 int8 int8 int8
select m.minute, m.made, m.told, m.due from recurd.web_minutes() as m
