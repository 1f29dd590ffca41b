-- Names what is missing or differs; silent when all is there.  More than that is fine.
-- needs: "user":references
do $$
declare
    problems text;
begin
    select string_agg(problem, e'\n') into problems from (
        select 'table recurd.preferences is missing' as problem
        where to_regclass('recurd.preferences') is null
        union all
        select format('column %s.%s is %s', tab, col,
                      coalesce(a.atttypid::regtype || ', expected '
                               || array_to_string(types, ' or '), 'missing'))
        from (values ('recurd.preferences', '{text,varchar}', array['user_id', 'time_zone']),
                     ('recurd.preferences', '{timestamptz}', array['updated_at']))
             as w (tab, type_list, cols)
        cross join lateral unnest(cols) as col
        cross join lateral cast(type_list as regtype[]) as types
        left join pg_attribute a
             on a.attrelid = to_regclass(tab) and a.attname = col and not a.attisdropped
        where (a.attnum is null or a.atttypid <> all (types))
              and to_regclass(tab) is not null
        union all
        select format('constraint %s on %s is missing', name, tab)
        from (values ('pk_preferences', 'recurd.preferences', 'PRIMARY KEY (user_id)'),
                     ('fk_preferences_user_id', 'recurd.preferences', 'FOREIGN KEY (user_id)%'))
             as w (name, tab, wanted)
        where to_regclass(tab) is not null
              and not exists (select from pg_constraint
                              where conrelid = to_regclass(tab) and conname = name and convalidated
                                    and pg_get_constraintdef(oid) like wanted)
        union all
        select 'function recurd.preferences_changed() is missing'
        where to_regprocedure('recurd.preferences_changed()') is null
        union all
        select 'trigger recurd_preferences_changed on recurd.preferences is missing or disabled'
        where to_regclass('recurd.preferences') is not null
              and not exists (select from pg_trigger
                              where tgrelid = to_regclass('recurd.preferences')
                                    and tgname = 'recurd_preferences_changed' and tgenabled <> 'D')
        union all
        select format('role %s may not select recurd.preferences', name)
        from (values ('recurd_worker'), ('recurd_reader')) as w (name)
        where to_regrole(name) is not null
              and has_table_privilege(to_regrole(name), to_regclass('recurd.preferences'), 'select') is not true
        union all
        select format('column %s.%s has no default', tab, col)
        from (values ('recurd.preferences', array['updated_at'])) as w (tab, cols)
        cross join lateral unnest(cols) as col
        join pg_attribute a on a.attrelid = to_regclass(tab) and a.attname = col and not a.attisdropped
        where not a.atthasdef
        union all
        select format('function %s may be executed by everybody', name)
        from (values ('recurd.preferences_changed()')) as w (name)
        where has_function_privilege('public', to_regprocedure(name), 'execute')
        union all
        -- Its body has the name of the application's schema, which may have been renamed.
        select 'function recurd.preferences_changed() does not fit the tables: they are in another schema'
        from pg_proc
        where oid = to_regprocedure('recurd.preferences_changed()')
              and position(format('%I.recurring_tasks', current_schema()) in prosrc) = 0
        union all
        select format('function %s runs with %s', name, case
                      when prosecdef and definer then 'another search_path, expected pg_catalog, pg_temp'
                      when definer then 'its caller''s rights, expected its owner''s'
                      else 'its owner''s rights, expected its caller''s' end)
        from (values ('recurd.preferences_changed()', true)) as w (name, definer)
        join pg_proc on oid = to_regprocedure(name)
        where prosecdef <> definer or definer and not coalesce(proconfig && array['search_path=""', 'search_path=pg_catalog, pg_temp'], false)
        union all
        select format('column %s.%s may be null', tab, col)
        from (values ('recurd.preferences', array['updated_at'])) as w (tab, cols)
        cross join lateral unnest(cols) as col
        join pg_attribute a on a.attrelid = to_regclass(tab) and a.attname = col and not a.attisdropped
        where not a.attnotnull
    ) as p (problem);
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
