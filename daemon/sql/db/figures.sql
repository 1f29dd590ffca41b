-- Caller: web/health.c, recurctl metrics: the figures of the database, in the columns of db/figures.c.
-- Spans are microseconds; null: there is none.
-- Index: what recurd.status goes by.
-- Result: timestamptz timestamptz int8 int8 int8 int8 int8 int8 int8 int8 int8 int8 int8 int8 int8 int8 int8 int8
select f.now, f.live_since, f.templates_active, f.templates_paused, f.templates_ended, f.templates_quarantined,
       f.templates_due, (extract(epoch from f.templates_lag) * 1000000)::bigint,
       f.reminders_pending, f.reminders_due, (extract(epoch from f.reminders_lag) * 1000000)::bigint,
       f.tasks_quarantined, f.workers_alive, f.workers_dead, f.waiting,
       (extract(epoch from f.oldest_snapshot_age) * 1000000)::bigint,
       f.consumers, (extract(epoch from f.consumers_lag) * 1000000)::bigint
from recurd.web_figures() as f
