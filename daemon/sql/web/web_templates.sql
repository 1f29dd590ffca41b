-- Caller: web/board.c, recurctl top and the pages of templates.  Templates of one state, or as they are sought.
-- $1 text: which (recurd.web_templates)   $2 text: what is sought   $3 int4: so many   $4 timestamptz, $5 text: behind
-- that next_due_at and id; null: from the begin.
-- Index: those of the function, which tests/integration/web/test_outlook.py counts blocks of.
-- Result: text text timestamptz text timestamptz bool text text text timestamptz timestamp text timestamptz timestamptz
-- Result: int8 timestamptz timestamptz timestamptz timestamptz timestamptz bool text
select t.title, t.description, t.failed_at, t.failure, t.paused_until, t.by_policies, t.id, t.user_id, t.rule, t.next_due_at,
       t.starts_local, t.starts_zone, t.planned_due_at, t.made_through, t.used_count, t.replan_at, t.paused_at, t.resumed_at,
       t.ended_at, t.created_at, t.is_active, t.time_zone
from recurd.web_templates($1::text, $2::text, $3::integer, $4::timestamptz, $5::text) as t
