-- recurctl status: the figures of the database as one row.
-- The last but one and two: which counts stopped at their limit, and what the server's statistics say of them; null on a level of
-- the schema that has no such columns yet, and counts everything.
-- Index: ix_recurring_tasks_due, ix_recurring_tasks_quarantined, ix_recurring_tasks_paused, ix_recurring_tasks_ended,
-- ix_recurring_tasks_replan, ix_tasks_pending_remind_at, ix_notifications_created_at.
-- Result: text text timestamptz timestamptz int8 int8 int8 int8 timestamptz int8 int8 int8 int8 int8 int8
-- Result: int8 timestamptz int8 int8 timestamptz int8 int8 bool int4 bool bool text text bool
select pg_catalog.current_database()::text, pg_catalog.current_setting('server_version'),
       s.now, s.live_since,
       s.templates, s.templates_active, s.templates_due,
       coalesce((extract(epoch from s.templates_lag) * 1000000)::bigint, 0),
       s.next_due_at, s.templates_replan, s.templates_paused, s.templates_ended, s.templates_quarantined,
       s.reminders_pending, s.reminders_due,
       coalesce((extract(epoch from s.reminders_lag) * 1000000)::bigint, 0),
       s.next_remind_at,
       s.workers_alive, s.workers_dead, s.last_seen_at, s.notifications_last_hour,
       (extract(epoch from s.oldest_snapshot_age) * 1000000)::bigint,
       pg_catalog.to_regclass('recurd.migrations') is not null,
       (select z.compatible_from from recurd.settings as z limit 1),
       pg_catalog.to_regclass('recurd.causes') is not null,
       pg_catalog.to_regclass('recurd.consumers') is not null,
       r.row->>'capped', nullif(r.row->>'estimates', '{}'),
       pg_catalog.to_regclass('recurd.repeats') is not null
from recurd.status as s
cross join lateral (select pg_catalog.to_jsonb(s) as row) as r
