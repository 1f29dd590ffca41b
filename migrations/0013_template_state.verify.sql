-- Names what is missing or differs; silent when all is there.  More than that is fine.
-- needs: recurring_tasks
do $$
declare
    problems text;
begin
    select string_agg(problem, e'\n') into problems from (
        select format('column %s.%s is %s', tab, col,
                      coalesce(a.atttypid::regtype || ', expected '
                               || array_to_string(types, ' or '), 'missing'))
        from (values ('recurring_tasks', '{timestamp}', array['starts_local']),
                     ('recurring_tasks', '{text,varchar}', array['starts_zone', 'failure']),
                     ('recurring_tasks', '{timestamptz}',
                      array['planned_due_at', 'made_through', 'replan_at', 'paused_at',
                            'resumed_at', 'ended_at', 'failed_at']),
                     ('recurring_tasks', '{bigint}', array['used_count']))
             as w (tab, type_list, cols)
        cross join lateral unnest(cols) as col
        cross join lateral cast(type_list as regtype[]) as types
        left join pg_attribute a
             on a.attrelid = to_regclass(tab) and a.attname = col and not a.attisdropped
        where a.attnum is null or a.atttypid <> all (types)
        union all
        select format('function %s is missing', name)
        from (values ('recurd.template_changed()')) as w (name)
        where to_regprocedure(name) is null
        union all
        select format('trigger %s on %s is missing or disabled', name, tab)
        from (values ('recurd_template_changed', 'recurring_tasks'),
                     ('recurd_template_created_paused', 'recurring_tasks')) as w (name, tab)
        where not exists (select from pg_trigger
                          where tgrelid = to_regclass(tab) and tgname = name and tgenabled <> 'D')
        union all
        select format('column %s.%s has no default', tab, col)
        from (values ('recurring_tasks', array['used_count'])) as w (tab, cols)
        cross join lateral unnest(cols) as col
        join pg_attribute a on a.attrelid = to_regclass(tab) and a.attname = col and not a.attisdropped
        where not a.atthasdef
        union all
        select format('function %s may be executed by everybody', name)
        from (values ('recurd.template_changed()')) as w (name)
        where has_function_privilege('public', to_regprocedure(name), 'execute')
        union all
        select format('function %s runs with %s', name, case
                      when prosecdef and definer then 'another search_path, expected pg_catalog, pg_temp'
                      when definer then 'its caller''s rights, expected its owner''s'
                      else 'its owner''s rights, expected its caller''s' end)
        from (values ('recurd.template_changed()', true)) as w (name, definer)
        join pg_proc on oid = to_regprocedure(name)
        where prosecdef <> definer or definer and not coalesce(proconfig && array['search_path=""', 'search_path=pg_catalog, pg_temp'], false)
        union all
        select format('column %s.%s may be null', tab, col)
        from (values ('recurring_tasks', array['used_count'])) as w (tab, cols)
        cross join lateral unnest(cols) as col
        join pg_attribute a on a.attrelid = to_regclass(tab) and a.attname = col and not a.attisdropped
        where not a.attnotnull
    ) as p (problem);
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
