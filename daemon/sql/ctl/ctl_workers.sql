-- recurctl workers: each worker that left its row.
-- Index: none, a row a worker.
-- Result: text text int4 text timestamptz timestamptz int8 int8 int8 int8 int8 text text
select w.name, w.state, w.pid, w.version, w.started_at, w.seen_at,
       case when pg_catalog.isfinite(w.seen_at) then (extract(epoch from recurd.now() - w.seen_at) * 1000000)::bigint end,
       (extract(epoch from w.heartbeat) * 1000000)::bigint,
       w.generated, w.reminded, w.quarantined, w.id,
       (select r.figures::text from recurd.workers as r where r.id = w.id)
from recurd.worker_states as w
order by w.state, w.name, w.started_at
