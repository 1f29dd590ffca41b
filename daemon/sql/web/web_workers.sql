-- Caller: the page Workers, recurctl top.
-- Index: none, a row a worker.
-- Result: text text int4 text text text timestamptz timestamptz int8 int8 int8
select w.name, w.state, w.pid, w.version, w.tzdata, w.file, w.started_at, w.seen_at, w.generated, w.reminded, w.quarantined
from recurd.web_workers() as w
