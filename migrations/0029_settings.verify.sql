-- Names what is missing or differs; silent when all is there.  More than that is fine.
do $$
declare
    problems text;
begin
    select string_agg(problem, e'\n') into problems from (
        select format('column %s.%s is %s', tab, col,
                      coalesce(a.atttypid::regtype || ', expected '
                               || array_to_string(types, ' or '), 'missing')) as problem
        from (values ('recurd.settings', '{text,varchar}', array['default_time_zone', 'adopt_backlog']),
                     ('recurd.settings', '{interval}', array['min_interval', 'notification_retention']),
                     ('recurd.settings', '{integer}', array['catch_up_limit']),
                     ('recurd.settings', '{boolean}', array['notify_task_created']),
                     ('recurd.settings', '{jsonb}', array['changes']),
                     ('recurd.workers', '{text,varchar}', array['file', 'tzdata', 'options']),
                     ('recurd.consumers', '{text,varchar}', array['name']),
                     ('recurd.consumers', '{bigint}', array['done_through']),
                     ('recurd.consumers', '{timestamptz}', array['since', 'seen_at']))
             as w (tab, type_list, cols)
        cross join lateral unnest(cols) as col
        cross join lateral cast(type_list as regtype[]) as types
        left join pg_attribute a
             on a.attrelid = to_regclass(tab) and a.attname = col and not a.attisdropped
        where (a.attnum is null or a.atttypid <> all (types))
              and to_regclass(tab) is not null
        union all
        select format('constraint %s on recurd.settings is missing', name)
        from (values ('ck_settings_default_time_zone'), ('ck_settings_min_interval'),
                     ('ck_settings_catch_up_limit'), ('ck_settings_adopt_backlog'),
                     ('ck_settings_notification_retention')) as w (name)
        where to_regclass('recurd.settings') is not null
              and not exists (select from pg_constraint
                              where conrelid = to_regclass('recurd.settings') and conname = name)
        union all
        select 'table recurd.consumers is missing'
        where to_regclass('recurd.consumers') is null
        union all
        select 'constraint pk_consumers on recurd.consumers is missing'
        where to_regclass('recurd.consumers') is not null
              and not exists (select from pg_constraint
                              where conrelid = to_regclass('recurd.consumers') and conname = 'pk_consumers')
        union all
        select format('role %s may not select recurd.consumers', name)
        from (values ('recurd_worker'), ('recurd_reader')) as w (name)
        where to_regrole(name) is not null and to_regclass('recurd.consumers') is not null
              and not has_table_privilege(to_regrole(name), to_regclass('recurd.consumers'), 'select')
        union all
        select 'function recurd.settings_changed() is missing'
        where to_regprocedure('recurd.settings_changed()') is null
        union all
        select 'trigger recurd_settings_changed on recurd.settings is missing or disabled'
        where to_regclass('recurd.settings') is not null
              and not exists (select from pg_trigger
                              where tgrelid = to_regclass('recurd.settings')
                                    and tgname = 'recurd_settings_changed' and tgenabled <> 'D')
        union all
        select format('column %s.%s has no default', tab, col)
        from (values ('recurd.settings', array['changes']),
                     ('recurd.consumers', array['done_through', 'since', 'seen_at'])) as w (tab, cols)
        cross join lateral unnest(cols) as col
        join pg_attribute a on a.attrelid = to_regclass(tab) and a.attname = col and not a.attisdropped
        where not a.atthasdef
        union all
        select 'function recurd.settings_changed() may be executed by everybody'
        where has_function_privilege('public', to_regprocedure('recurd.settings_changed()'), 'execute')
        union all
        -- Its body has the name of the application's schema, which may have been renamed.
        select 'function recurd.settings_changed() does not fit the tables: they are in another schema'
        from pg_proc
        where oid = to_regprocedure('recurd.settings_changed()')
              and position(format('%I.recurring_tasks', current_schema()) in prosrc) = 0
        union all
        select format('function %s runs with %s', name, case
                      when prosecdef and definer then 'another search_path, expected pg_catalog, pg_temp'
                      when definer then 'its caller''s rights, expected its owner''s'
                      else 'its owner''s rights, expected its caller''s' end)
        from (values ('recurd.settings_changed()', true)) as w (name, definer)
        join pg_proc on oid = to_regprocedure(name)
        where prosecdef <> definer or definer and not coalesce(proconfig && array['search_path=""', 'search_path=pg_catalog, pg_temp'], false)
        union all
        select format('column %s.%s may be null', tab, col)
        from (values ('recurd.settings', array['changes']),
                     ('recurd.consumers', array['done_through', 'since', 'seen_at'])) as w (tab, cols)
        cross join lateral unnest(cols) as col
        join pg_attribute a on a.attrelid = to_regclass(tab) and a.attname = col and not a.attisdropped
        where not a.attnotnull
    ) as p (problem);
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
