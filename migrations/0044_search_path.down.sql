-- Those of 0040 had this path before.
do $$
declare
    one regprocedure;
begin
    for one in select oid from pg_proc
                where pronamespace = 'recurd'::regnamespace and proname not like 'api\_%'
                      and 'search_path=pg_catalog, pg_temp' = any (proconfig)
                order by oid loop
        execute format('alter routine %s set search_path = ''''', one);
    end loop;
end
$$;
