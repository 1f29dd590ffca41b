-- Names what is missing or differs; silent when all is there.  More than that is fine.
-- needs: recurring_tasks
do $$
declare
    problems text;
begin
    select string_agg(problem, e'\n') into problems from (
        select 'table recurd.made_today is missing' as problem
        where to_regclass('recurd.made_today') is null
        union all
        select format('column %s.%s is %s', tab, col,
                      coalesce(a.atttypid::regtype || ', expected '
                               || array_to_string(types, ' or '), 'missing'))
        from (values ('recurd.settings', '{integer}', array['max_templates_per_user', 'max_instances_per_user_day']),
                     ('recurd.made_today', '{text,varchar}', array['user_id']),
                     ('recurd.made_today', '{date}', array['day']),
                     ('recurd.made_today', '{bigint}', array['made', 'limited']))
             as w (tab, type_list, cols)
        cross join lateral unnest(cols) as col
        cross join lateral cast(type_list as regtype[]) as types
        left join pg_attribute a
             on a.attrelid = to_regclass(tab) and a.attname = col and not a.attisdropped
        where (a.attnum is null or a.atttypid <> all (types))
              and to_regclass(tab) is not null
        union all
        select format('column recurd.made_today.%s may be null', col)
        from unnest(array['day', 'made', 'limited']) as col
        join pg_attribute a on a.attrelid = to_regclass('recurd.made_today') and a.attname = col and not a.attisdropped
        where not a.attnotnull
        union all
        select format('constraint %s on %s is missing', name, tab)
        from (values ('recurd.settings', 'ck_settings_max_templates_per_user'),
                     ('recurd.settings', 'ck_settings_max_instances_per_user_day'),
                     ('recurd.made_today', 'pk_made_today')) as w (tab, name)
        where to_regclass(tab) is not null
              and not exists (select from pg_constraint where conrelid = to_regclass(tab) and conname = name)
        union all
        select format('function %s is missing', name)
        from unnest(array['recurd.template_limit()', 'recurd.upcoming(integer)']) as name
        where to_regprocedure(name) is null
        union all
        select 'trigger recurd_template_limit on recurring_tasks is missing or disabled'
        where not exists (select from pg_trigger
                          where tgrelid = to_regclass('recurring_tasks')
                                and tgname = 'recurd_template_limit' and tgenabled <> 'D')
        union all
        select format('role %s may not %s recurd.made_today', name, may)
        from (values ('recurd_worker', '{select,insert,update}'::text[]),
                     ('recurd_reader', '{select}')) as w (name, rights)
        cross join lateral unnest(rights) as may
        where to_regrole(name) is not null
              and has_table_privilege(to_regrole(name), to_regclass('recurd.made_today'), may) is not true
        union all
        select 'function recurd.template_limit() may be executed by everybody'
        where has_function_privilege('public', to_regprocedure('recurd.template_limit()'), 'execute')
        union all
        -- Its body has the name of the application's schema, which may have been renamed.
        select format('function %s does not fit the tables: they are in another schema', oid::regprocedure)
        from pg_proc
        where oid in (to_regprocedure('recurd.template_limit()'), to_regprocedure('recurd.upcoming(integer)'))
              and position(format('%I.recurring_tasks', current_schema()) in prosrc) = 0
        union all
        select format('function %s runs with %s', name, case
                      when prosecdef and definer then 'another search_path, expected pg_catalog, pg_temp'
                      when definer then 'its caller''s rights, expected its owner''s'
                      else 'its owner''s rights, expected its caller''s' end)
        from (values ('recurd.template_limit()', true), ('recurd.upcoming(integer)', false)) as w (name, definer)
        join pg_proc on oid = to_regprocedure(name)
        where prosecdef <> definer or definer and not coalesce(proconfig && array['search_path=""', 'search_path=pg_catalog, pg_temp'], false)
        union all
        select format('role %s has no right of its own to execute recurd.upcoming(integer)', role)
        from unnest(array['recurd_worker', 'recurd_reader']) as role
        join pg_proc on oid = to_regprocedure('recurd.upcoming(integer)')
        where to_regrole(role) is not null
              and not exists (select from aclexplode(proacl) where grantee = to_regrole(role))
    ) as p (problem);
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
