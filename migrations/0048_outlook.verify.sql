-- Names what is missing or differs; silent when all is there.  More than that is fine.
-- needs: recurring_tasks
do $$
declare
    problems text;
    own constant text[] := array['recurd.web_now()', 'recurd.web_minutes()', 'recurd.web_upcoming(integer, timestamptz)',
                                 'recurd.web_templates(text, text, integer, timestamptz, text)',
                                 'recurd.web_instances(text, timestamptz, timestamptz)',
                                 'recurd.web_decisions(text, integer, timestamptz, bigint)', 'recurd.web_workers()', 'recurd.web_act(text, text, text)'];
begin
    select string_agg(problem, e'\n') into problems from (
        select format('function %s is missing', name) as problem
        from unnest(own) as name
        where to_regprocedure(name) is null
        union all
        select format('function %s may be executed by everybody', name)
        from unnest(own) as name
        where has_function_privilege('public', to_regprocedure(name), 'execute')
        union all
        select format('role %s may not execute %s', role, array_to_string(array_agg(name order by name), ', '))
        from unnest(array['recurd_web', 'recurd_reader']) as role
        cross join lateral unnest(own) as name
        join pg_proc on oid = to_regprocedure(name)
        where to_regrole(role) is not null and (role = 'recurd_web' or name not like 'recurd.web\_act%')
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
        -- Their bodies have the name of the application's schema, which may have been renamed.
        select format('function %s does not fit the tables: they are in another schema', name)
        from (values ('recurd.web_minutes()', 'recurring_tasks'), ('recurd.web_upcoming(integer, timestamptz)', 'recurring_tasks'),
                     ('recurd.web_templates(text, text, integer, timestamptz, text)', 'recurring_tasks'),
                     ('recurd.web_instances(text, timestamptz, timestamptz)', 'tasks'),
                     ('recurd.web_act(text, text, text)', 'recurring_tasks')) as w (name, tab)
        join pg_proc on oid = to_regprocedure(name)
        where position(format('%I.%s', current_schema(), tab) in prosrc) = 0
    ) as p (problem);
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
