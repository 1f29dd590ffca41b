-- recurctl workers: each worker that left its row.  What it runs with is read in a way that works on a level of the
-- schema that has no such columns yet.
-- Index: none, a row a worker.
-- Result: text text int4 text text text timestamptz timestamptz int8 int8 int8 int8 int8 text text text
select w.name, w.state, w.pid, w.version, r.row->>'tzdata', r.row->>'file', w.started_at, w.seen_at,
       case when pg_catalog.isfinite(w.seen_at) then (extract(epoch from recurd.now() - w.seen_at) * 1000000)::bigint end,
       (extract(epoch from w.heartbeat) * 1000000)::bigint,
       w.generated, w.reminded, w.quarantined, w.id, r.row->>'options', r.row->>'figures'
from recurd.worker_states as w
cross join lateral (select pg_catalog.to_jsonb(x) as row from recurd.workers as x where x.id = w.id) as r
order by w.state, w.name, w.started_at
