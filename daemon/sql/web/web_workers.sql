-- Caller: the page Workers, recurctl top.
-- Index: none, a row a worker.
-- The last: how late 99 of 100 tasks and reminders were at most; null: not known.
-- Result: text text int4 text text text timestamptz timestamptz int8 int8 int8 int8
select w.name, w.state, w.pid, w.version, w.tzdata, w.file, w.started_at, w.seen_at, w.generated, w.reminded, w.quarantined,
       (w.figures::jsonb->>'late_p99_us')::bigint
from recurd.web_workers() as w
