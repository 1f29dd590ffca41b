-- recurctl status, workers: in what live workers differ that should be alike, a row each.  Zones are those in which one has
-- other data than those that templates were computed with (recurd.zones), or none.  Works on a level of the
-- schema that has no such columns yet.
-- Index: none, a row a worker.
-- Result: text text
select v.what, pg_catalog.string_agg(v.value || ' (' || v.names || ')', ', ' order by v.value)
from (select k.what, k.value, pg_catalog.string_agg(w.name, ', ' order by w.name) as names
      from recurd.worker_states as w
      cross join lateral (select pg_catalog.to_jsonb(x) as row from recurd.workers as x where x.id = w.id) as r
      cross join lateral (select 'version', r.row->>'version'
                          union all
                          select 'time zone data', coalesce(r.row->>'tzdata', 'unknown') where pg_catalog.jsonb_exists(r.row, 'tzdata')
                          union all
                          select 'options', r.row->>'options'
                          union all
                          select 'zones', z.key || ' ' || z.value
                          from pg_catalog.jsonb_each_text(case pg_catalog.jsonb_typeof(r.row->'zones')
                                                              when 'object' then r.row->'zones' else '{}' end) as z
                         ) as k (what, value)
      where w.state = 'alive' and k.value is not null
      group by k.what, k.value) as v
group by v.what
having count(*) > 1 or v.what = 'zones'
order by pg_catalog.array_position(array['version', 'time zone data', 'zones', 'options'], v.what)
