-- Functions that run with rights that their caller may not have find no type and no table of his.
--
-- With an empty search_path PostgreSQL still looks through pg_temp before pg_catalog, for the names of types and
-- tables.  Whoever may make temporary objects, and write a row that a trigger of recurd's is for, made a domain
-- pg_temp.text whose check called a function of his, and that ran with the owner's rights.  Named last, pg_temp is
-- looked through last.  Not only those with their owner's rights: one that sets a path of its own, and is called by
-- one of these, has that path and its caller's rights.
do $$
declare
    one regprocedure;
begin
    for one in select oid from pg_proc
                where pronamespace = 'recurd'::regnamespace and 'search_path=""' = any (proconfig)
                order by oid loop
        execute format('alter routine %s set search_path = pg_catalog, pg_temp', one);
    end loop;
end
$$;
