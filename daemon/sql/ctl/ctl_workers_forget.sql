-- recurctl workers --forget, --dead: workers that are not alive, by name or all.
-- $1 name, null: all
-- Index: none, a row a worker.
-- Result: text text timestamptz
delete from recurd.workers as w
using recurd.worker_states as s
where s.id = w.id and s.state <> 'alive' and ($1::text is null or w.name = $1)
returning w.name, s.state, w.seen_at
