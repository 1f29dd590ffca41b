-- Caller: web/template.c, the page of one template.  Its policies, as daemon/sql/plan/policy_columns.part has them.
-- $1 text: the template
-- Index: those of the function, which tests/integration/web/test_outlook.py counts blocks of.
-- Result: int8 timestamptz text int8 int8 text int8 int8 text text text text text
select p.policy, p.wake_at, p.catch_up, p.catch_up_window, p.catch_up_cap, p.overlap, p.lead_time, p.jitter, p.remind_before,
       p.calendar, p.shift, p.pause_catch_up, p.open_task
from recurd.web_policies($1::text) as p
