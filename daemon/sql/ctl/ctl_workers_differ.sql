-- recurctl status, workers: in what live workers differ that should be alike, a row each.  Works on a level of the
-- schema that has no such columns yet.
-- Index: none, a row a worker.
-- Result: text text
select v.what, pg_catalog.string_agg(v.value || ' (' || v.names || ')', ', ' order by v.value)
from (select k.what, k.value, pg_catalog.string_agg(w.name, ', ' order by w.name) as names
      from recurd.worker_states as w
      cross join lateral (select pg_catalog.to_jsonb(x) as row from recurd.workers as x where x.id = w.id) as r
      cross join lateral (values (1, 'version', r.row->>'version'), (2, 'time zone data', r.row->>'tzdata'),
                                 (3, 'options', r.row->>'options')) as k (place, what, value)
      where w.state = 'alive' and k.value is not null
      group by k.what, k.value) as v
group by v.what
having count(*) > 1
order by v.what desc
