-- Caller: web/calendar.c: tasks of a calendar, in the columns of web/foretold.h.
-- $1 text: the address; $2, $3 timestamptz: due in that time; $4 int4: at most so many.
-- Index: theirs.
-- Result: text text text timestamptz timestamptz timestamptz bool timestamptz text
select k.id, k.title, k.priority, k.due, k.stamp, k.completed_at, k.is_complete, k.remind_at, k.tags
from recurd.feed_tasks($1, $2, $3, $4) as k
