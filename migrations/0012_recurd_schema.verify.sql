-- Names what is missing or differs; silent when all is there.  More than that is fine.
do $$
declare
    problems text;
begin
    select string_agg(problem, e'\n') into problems from (
        select format('table %s is missing', tab)
        from (values ('recurd.settings')) as w (tab)
        where to_regclass(tab) is null
        union all
        select format('column %s.%s is %s', tab, col,
                      coalesce(a.atttypid::regtype || ', expected '
                               || array_to_string(types, ' or '), 'missing'))
        from (values ('recurd.settings', '{boolean}', array['singleton']),
                     ('recurd.settings', '{timestamptz}', array['live_since']),
                     ('recurd.settings', '{integer}', array['compatible_from']))
             as w (tab, type_list, cols)
        cross join lateral unnest(cols) as col
        cross join lateral cast(type_list as regtype[]) as types
        left join pg_attribute a
             on a.attrelid = to_regclass(tab) and a.attname = col and not a.attisdropped
        where (a.attnum is null or a.atttypid <> all (types))
              and to_regclass(tab) is not null
        union all
        select format('constraint %s on %s is missing', name, tab)
        from (values ('pk_settings', 'recurd.settings', 'PRIMARY KEY (singleton)'),
                     ('ck_settings_singleton', 'recurd.settings', 'CHECK (singleton)'))
             as w (name, tab, wanted)
        where not exists (select from pg_constraint
                          where conrelid = to_regclass(tab) and conname = name and convalidated
                                and pg_get_constraintdef(oid) like wanted)
              and to_regclass(tab) is not null
        union all
        select format('function %s is missing', name)
        from (values ('recurd.now()')) as w (name)
        where to_regprocedure(name) is null
        union all
        select format('column %s.%s has no default', tab, col)
        from (values ('recurd.settings', array['singleton', 'compatible_from'])) as w (tab, cols)
        cross join lateral unnest(cols) as col
        join pg_attribute a on a.attrelid = to_regclass(tab) and a.attname = col and not a.attisdropped
        where not a.atthasdef
        union all
        select format('function %s runs with %s', name, case
                      when prosecdef and definer then 'another search_path, expected pg_catalog, pg_temp'
                      when definer then 'its caller''s rights, expected its owner''s'
                      else 'its owner''s rights, expected its caller''s' end)
        from (values ('recurd.now()', false)) as w (name, definer)
        join pg_proc on oid = to_regprocedure(name)
        where prosecdef <> definer or definer and not coalesce(proconfig && array['search_path=""', 'search_path=pg_catalog, pg_temp'], false)
        union all
        select format('column %s.%s may be null', tab, col)
        from (values ('recurd.settings', array['compatible_from'])) as w (tab, cols)
        cross join lateral unnest(cols) as col
        join pg_attribute a on a.attrelid = to_regclass(tab) and a.attname = col and not a.attisdropped
        where not a.attnotnull
    ) as p (problem);
    if has_table_privilege(to_regclass('recurd.settings'), 'select') then
        if not exists (select from recurd.settings) then
            problems := concat_ws(e'\n', problems, 'table recurd.settings has no row');
        end if;
    end if;
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
