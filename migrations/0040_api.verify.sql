-- Names what is missing or differs; silent when all is there.  More than that is fine.
-- needs: recurring_tasks tasks tags task_tags
do $$
declare
    open_ones text[] := array[
                'recurd.api_task_create(text, jsonb, text)', 'recurd.api_task_get(text, text)',
                'recurd.api_task_list(text, jsonb)', 'recurd.api_task_update(text, text, jsonb, text)',
                'recurd.api_task_complete(text, text, text)', 'recurd.api_task_tags(text, text, jsonb, text)',
                'recurd.api_task_delete(text, text, text)', 'recurd.api_template_create(text, jsonb, text)',
                'recurd.api_template_get(text, text)', 'recurd.api_template_list(text, jsonb)',
                'recurd.api_template_update(text, text, jsonb, text)',
                'recurd.api_template_delete(text, text, text)',
                'recurd.api_template_history(text, text, jsonb)', 'recurd.api_tag_create(text, jsonb, text)',
                'recurd.api_tag_get(text, text)', 'recurd.api_tag_list(text, jsonb)',
                'recurd.api_tag_update(text, text, jsonb, text)', 'recurd.api_tag_delete(text, text, text)',
                'recurd.api_settings(text)'];
    inner_ones text[] := array[
                'recurd.api_problem(integer, text, jsonb)', 'recurd.api_refused(text, text)',
                'recurd.api_row(text, jsonb)', 'recurd.api_id(text, text, text)',
                'recurd.api_width(text, text, integer)', 'recurd.api_wrong(jsonb, jsonb)',
                'recurd.api_check(jsonb, jsonb, boolean)', 'recurd.api_cursor(text, text, text)',
                'recurd.api_cursor_read(text, text, text)', 'recurd.api_may_create(text, jsonb, text)',
                'recurd.api_may_tag(text, jsonb)', 'recurd.api_tag(text, text, jsonb)',
                'recurd.api_task_lock(text, text, text)', 'recurd.api_template_lock(text, text, text)'];
    problems text;
begin
    select string_agg(problem, e'\n') into problems from (
        select format('function %s is missing', name) as problem
        from unnest(open_ones || inner_ones) as name
        where to_regprocedure(name) is null
        union all
        -- One line for all of them: a restore without privileges must not leave preflight without a place for others.
        select format('function %s%s may be executed by everybody', min(name),
                      case when count(*) > 1 then format(' and %s more', count(*) - 1) end)
        from unnest(open_ones || inner_ones) as name
        where has_function_privilege('public', to_regprocedure(name), 'execute')
        having count(*) > 0
        union all
        select 'role recurd_web is missing'
        where to_regrole('recurd_web') is null
        union all
        select 'role recurd_web may not use schema recurd'
        where to_regrole('recurd_web') is not null
              and has_schema_privilege(to_regrole('recurd_web'), to_regnamespace('recurd'), 'usage') is not true
        union all
        select format('role recurd_web may not execute %s%s', min(name),
                      case when count(*) > 1 then format(' and %s more', count(*) - 1) end)
        from unnest(open_ones) as name
        join pg_proc on oid = to_regprocedure(name)
        where to_regrole('recurd_web') is not null
              and not exists (select from aclexplode(proacl) where grantee = to_regrole('recurd_web'))
        having count(*) > 0
        union all
        -- Their bodies have the name of the application's schema, which may have been renamed.
        select format('function %s does not fit the tables: they are in another schema', name)
        from unnest(open_ones || inner_ones) as name
        join pg_proc on oid = to_regprocedure(name)
        where prosrc ~ '[.](tasks|recurring_tasks|tags|task_tags|"user")( as| \()'
              and position(format('%I.', current_schema()) in prosrc) = 0
        union all
        -- With pg_temp last: left out it is looked through first.
        select format('function %s runs with %s', name, case
                      when prosecdef and definer then 'another search_path, expected pg_catalog, pg_temp'
                      when definer then 'its caller''s rights, expected its owner''s'
                      else 'its owner''s rights, expected its caller''s' end)
        from (select name, true from unnest(open_ones) as name
              union all
              select name, false from unnest(inner_ones) as name) as w (name, definer)
        join pg_proc on oid = to_regprocedure(name)
        where prosecdef <> definer
              or definer and not coalesce(proconfig @> array['search_path=pg_catalog, pg_temp'], false)
    ) as p (problem);
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
