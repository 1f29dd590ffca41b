-- Caller: web/calendar.c: templates of a calendar, in the columns of web/foretold.h, and behind those as
-- plan/template_row.c reads them.
-- $1 text: the address; $2 timestamptz: that may make something until then; $3 int4: at most so many.
-- Index: theirs.
-- Result: text text timestamptz text timestamptz
-- Result: text text text timestamptz timestamp text timestamptz timestamptz int8 timestamptz timestamptz
-- Result: timestamptz timestamptz timestamptz bool text
-- Result: int8 timestamptz text int8 int8 text int8 int8 text text text text text
select t.title, t.priority, t.stamp, t.tags, t.paused_until,
       t.id, t.user_id, t.rule, t.next_due_at, t.starts_local, t.starts_zone, t.planned_due_at, t.made_through, t.used_count,
       t.replan_at, t.paused_at, t.resumed_at, t.ended_at, t.created_at, t.is_active, t.user_zone,
       t.policy, t.wake_at, t.catch_up, t.catch_up_window, t.catch_up_cap, t.overlap, t.lead_time, t.jitter, t.remind_before,
       t.calendar, t.shift, t.pause_catch_up, t.open_task
from recurd.feed_templates($1, $2, $3) as t
