-- Caller: daemon/ctl/migrate/foretell.c.  Which indexes that a step builds concurrently find their name taken.
-- $1 text[]: their names   $2 text: schema of the application's tables
-- $3 boolean: the step's objects are not there, so that whatever has the name is something else
-- An index that is invalid is no obstacle: it is dropped and built again.
-- Returns: name, what has it.
-- Index: none.
-- Result: text text
select c.relname::text,
       case c.relkind when 'i' then 'an index on ' || i.indrelid::regclass::text when 'r' then 'a table'
                      when 'v' then 'a view' when 'S' then 'a sequence' else 'something else' end
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.relnamespace = (select n.oid from pg_catalog.pg_namespace as n where n.nspname = $2::text)
      and c.relname = any ($1::text[])
      and (c.relkind <> 'i' or $3::boolean and i.indisvalid)
order by 1
