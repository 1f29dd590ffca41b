-- Names functions that still have the path of before: those that an earlier step made anew, by repair, or because it
-- is optional and came later.  Any other path is for the step that made the function to tell.
do $$
declare
    problems text;
begin
    select string_agg(problem, e'\n') into problems from (
        select 'function recurd.template_changed() is missing' as problem
        where to_regprocedure('recurd.template_changed()') is null
        union all
        -- One line for all of them, so that preflight has a place for others.
        select format('functions %s%s run with the empty search_path, which finds types of pg_temp first, expected'
                      ' pg_catalog, pg_temp',
                      array_to_string((array_agg(name order by name))[:5], ', '),
                      case when count(*) > 5 then format(' and %s more', count(*) - 5) end)
        from (select oid::regprocedure::text from pg_proc
               where pronamespace = to_regnamespace('recurd') and 'search_path=""' = any (proconfig)) as f (name)
        having count(*) > 0
    ) as p (problem);
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
