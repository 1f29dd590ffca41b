-- Caller: job/run_elsewhere.c, when rules name zones that this machine lacks.
-- Which of them others have: some worker has recorded them, or the server knows them.  That the server reads
-- all of its zone files for it is why names are kept (recur/zone_lacks.h).
-- $1 names
-- Index: none, the table is small.
-- Result: text
select n.name
  from pg_catalog.unnest($1::text[]) as n (name)
 where case when pg_catalog.lower(n.name) in (select pg_catalog.lower(z.name) from recurd.zones z) then true
            else pg_catalog.lower(n.name) in (select pg_catalog.lower(t.name) from pg_catalog.pg_timezone_names t)
       end;
