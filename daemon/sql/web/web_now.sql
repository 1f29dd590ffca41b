-- Caller: web/board.c, recurctl top, at most once a second while anybody looks.  How it stands.
-- Spans are microseconds; which counts stopped at 1000 is a text with commas.
-- Index: what recurd.status goes by.
-- Result: timestamptz text text int8 int8 int8 timestamptz int8 int8 timestamptz int8 timestamptz int8 int8 text text int8
select f.now, f.zone, f.database, (extract(epoch from f.min_interval) * 1000000)::bigint,
       f.templates_due, coalesce((extract(epoch from f.templates_lag) * 1000000)::bigint, 0), f.next_due_at,
       f.reminders_due, coalesce((extract(epoch from f.reminders_lag) * 1000000)::bigint, 0), f.next_remind_at,
       f.workers_alive, f.last_seen_at, f.templates_quarantined, f.notifications_last_hour,
       pg_catalog.array_to_string(f.capped, ','), f.waits, f.templates_active
from recurd.web_now() as f
