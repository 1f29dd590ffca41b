-- Names what is missing or differs; silent when all is there.  More than that is fine.
-- needs: recurring_tasks
do $$
declare
    problems text;
    own constant text[] := array['recurd.web_figures()', 'recurd.web_workers()', 'recurd.web_changes(text, bigint)',
                                 'recurd.web_turns(text, bigint)', 'recurd.web_policies(text)'];
begin
    select string_agg(problem, e'\n') into problems from (
        select format('function %s is missing', name) as problem
        from unnest(own) as name
        where to_regprocedure(name) is null
        union all
        select 'function recurd.web_workers() returns no figures'
        from pg_proc
        where oid = to_regprocedure('recurd.web_workers()') and not 'figures' = any (proargnames)
        union all
        select format('function %s may be executed by everybody', name)
        from unnest(own) as name
        where has_function_privilege('public', to_regprocedure(name), 'execute')
        union all
        select format('role %s may not execute %s', role, array_to_string(array_agg(name order by name), ', '))
        from unnest(array['recurd_web', 'recurd_reader']) as role
        cross join lateral unnest(own) as name
        join pg_proc on oid = to_regprocedure(name)
        where to_regrole(role) is not null
              and not exists (select from aclexplode(proacl) where grantee = to_regrole(role))
        group by role
        union all
        select format('function %s runs with %s', name,
                      case when prosecdef then 'another search_path, expected pg_catalog, pg_temp'
                           else 'its caller''s rights, expected its owner''s' end)
        from unnest(own) as name
        join pg_proc on oid = to_regprocedure(name)
        where not prosecdef or not coalesce(proconfig && array['search_path=pg_catalog, pg_temp'], false)
        union all
        -- Its body has the name of the application's schema, which may have been renamed.
        select 'function recurd.web_policies(text) does not fit the tables: they are in another schema'
        from pg_proc
        where oid = to_regprocedure('recurd.web_policies(text)')
              and position(format('%I.%s', current_schema(), 'recurring_tasks') in prosrc) = 0
    ) as p (problem);
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
