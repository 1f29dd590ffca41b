-- recurctl policy: what the policies of a template say.
-- $1 text: its id.
-- Index: pk_recurring_tasks, pk_policies.
-- Result: text text int8 int8 text int8 int8 text text text text text text timestamptz bool timestamptz timestamptz text
select t.id::text, p.catch_up::text, (extract(epoch from p.catch_up_window) * 1000000)::bigint, p.catch_up_cap::bigint,
       p.overlap::text, (extract(epoch from p.lead_time) * 1000000)::bigint,
       (extract(epoch from p.jitter) * 1000000)::bigint, pg_catalog.array_to_string(p.remind_before, ', ')::text,
       p.calendar::text, p.shift::text, p.pause_catch_up::text, p.pause_reason::text, p.paused_by::text,
       p.paused_until, t.is_active is true, t.wake_at::timestamptz, p.updated_at, p.updated_by::text
from {app}.recurring_tasks as t
left join recurd.policies as p on p.template_id = t.id
where t.id = $1
