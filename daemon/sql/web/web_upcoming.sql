-- Caller: web/board.c, recurctl top, and the page Upcoming.  What comes next.
-- $1 int4: so many   $2 timestamptz: from then on
-- Index: those of the function, which tests/integration/web/test_outlook.py counts blocks of.
-- Result: timestamptz text text text text text text timestamp
select u.at, u.kind, u.user_id, u.template_id, u.task_id, u.title, u.rule, u.starts_local
from recurd.web_upcoming($1::integer, $2::timestamptz) as u
