-- Names what is missing or differs; silent when all is there.  More than that is fine.
do $$
declare
    problems text;
begin
    select string_agg(problem, e'\n') into problems from (
        select format('table %s is missing', tab) as problem
        from unnest(array['recurd.calendars', 'recurd.calendar_days']) as tab
        where to_regclass(tab) is null
        union all
        select format('column %s.%s is %s', tab, col,
                      coalesce(a.atttypid::regtype || ', expected '
                               || array_to_string(types, ' or '), 'missing'))
        from (values ('recurd.calendars', '{text,varchar}', array['name']),
                     ('recurd.calendars', '{smallint[]}', array['weekend']),
                     ('recurd.calendars', '{timestamptz}', array['updated_at']),
                     ('recurd.calendar_days', '{text,varchar}', array['calendar', 'name', 'rule']),
                     ('recurd.calendar_days', '{date}', array['day']),
                     ('recurd.calendar_days', '{integer}', array['days']),
                     ('recurd.calendar_days', '{boolean}', array['working', 'imported']))
             as w (tab, type_list, cols)
        cross join lateral unnest(cols) as col
        cross join lateral cast(type_list as regtype[]) as types
        left join pg_attribute a
             on a.attrelid = to_regclass(tab) and a.attname = col and not a.attisdropped
        where (a.attnum is null or a.atttypid <> all (types))
              and to_regclass(tab) is not null
        union all
        select format('constraint %s on %s is missing', name, tab)
        from (values ('pk_calendars', 'recurd.calendars', 'PRIMARY KEY (name)'),
                     ('ck_calendars_name', 'recurd.calendars', '%{0,63}%'),
                     ('ck_calendars_weekend', 'recurd.calendars', '%1,2,3,4,5,6,7%'),
                     ('pk_calendar_days', 'recurd.calendar_days', 'PRIMARY KEY (calendar, day, name)'),
                     ('fk_calendar_days_calendar', 'recurd.calendar_days',
                      'FOREIGN KEY (calendar)%ON UPDATE CASCADE ON DELETE CASCADE%'),
                     ('ck_calendar_days_day', 'recurd.calendar_days', '%9999%'),
                     ('ck_calendar_days_name', 'recurd.calendar_days', '%1000%'),
                     ('ck_calendar_days_days', 'recurd.calendar_days', '%366%'),
                     ('ck_calendar_days_rule', 'recurd.calendar_days', '%65536%'))
             as w (name, tab, wanted)
        where to_regclass(tab) is not null
              and not exists (select from pg_constraint
                              where conrelid = to_regclass(tab) and conname = name and convalidated
                                    and pg_get_constraintdef(oid) like wanted)
        union all
        select 'function recurd.calendars_changed() is missing'
        where to_regprocedure('recurd.calendars_changed()') is null
        union all
        select format('trigger %s on %s is missing or disabled', trigger, tab)
        from unnest(array['recurd.calendars', 'recurd.calendar_days']) as tab
        cross join unnest(array['inserted', 'updated', 'deleted', 'truncated']) as event
        cross join lateral concat('recurd_', substr(tab, 8), '_', event) as trigger
        where to_regclass(tab) is not null
              and not exists (select from pg_trigger
                              where tgrelid = to_regclass(tab) and tgname = trigger and tgenabled <> 'D')
        union all
        select format('role %s may not select %s', name, tab)
        from unnest(array['recurd_worker', 'recurd_reader']) as name
        cross join unnest(array['recurd.calendars', 'recurd.calendar_days']) as tab
        where to_regrole(name) is not null
              and has_table_privilege(to_regrole(name), to_regclass(tab), 'select') is not true
        union all
        select format('column %s.%s has no default', tab, col)
        from (values ('recurd.calendars', array['weekend', 'updated_at']),
                     ('recurd.calendar_days', array['days', 'working', 'imported'])) as w (tab, cols)
        cross join lateral unnest(cols) as col
        join pg_attribute a on a.attrelid = to_regclass(tab) and a.attname = col and not a.attisdropped
        where not a.atthasdef
        union all
        select format('function %s may be executed by everybody', name)
        from (values ('recurd.calendars_changed()')) as w (name)
        where has_function_privilege('public', to_regprocedure(name), 'execute')
        union all
        -- Its body has the name of the application's schema, which may have been renamed.
        select 'function recurd.calendars_changed() does not fit the tables: they are in another schema'
        from pg_proc
        where oid = to_regprocedure('recurd.calendars_changed()')
              and position(format('%I.recurring_tasks', current_schema()) in prosrc) = 0
        union all
        select format('function %s runs with %s', name, case
                      when prosecdef and definer then 'another search_path, expected pg_catalog, pg_temp'
                      when definer then 'its caller''s rights, expected its owner''s'
                      else 'its owner''s rights, expected its caller''s' end)
        from (values ('recurd.calendars_changed()', true)) as w (name, definer)
        join pg_proc on oid = to_regprocedure(name)
        where prosecdef <> definer or definer and not coalesce(proconfig && array['search_path=""', 'search_path=pg_catalog, pg_temp'], false)
        union all
        select format('column %s.%s may be null', tab, col)
        from (values ('recurd.calendars', array['weekend', 'updated_at']),
                     ('recurd.calendar_days', array['calendar', 'day', 'name', 'days', 'working', 'imported']))
             as w (tab, cols)
        cross join lateral unnest(cols) as col
        join pg_attribute a on a.attrelid = to_regclass(tab) and a.attname = col and not a.attisdropped
        where not a.attnotnull
    ) as p (problem);
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
