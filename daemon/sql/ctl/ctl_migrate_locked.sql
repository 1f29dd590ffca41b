-- Caller: daemon/ctl/migrate/locks.c.  The tables of the application that steps alter, or refer to.
-- $1 text: "needs" of their verify files, one behind the other
-- Returns: their names, as they can stand in a statement.
-- Index: none.
-- Result: text
select distinct pg_catalog.to_regclass(n.name)::text
from pg_catalog.regexp_split_to_table($1::text, ' +') as w (word)
cross join lateral pg_catalog.split_part(w.word, ':', 1) as n (name)
where n.name not in ('', 'CREATE') and pg_catalog.to_regclass(n.name) is not null
order by 1
