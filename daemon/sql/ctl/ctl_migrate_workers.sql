-- Caller: daemon/ctl/migrate/migrate_down.c, where the table and the clock are there.  Workers that are at work.
-- Returns: a description each.
-- Index: none, a row a worker.
-- Result: text
select pg_catalog.format('worker %s (pid %s, version %s), seen %s s ago', w.name, w.pid, w.version,
                         pg_catalog.round(extract(epoch from recurd.now() - w.seen_at)))
from recurd.workers as w
where w.seen_at >= recurd.now() - 3 * w.heartbeat
order by w.name, w.pid
