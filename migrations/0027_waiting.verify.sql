-- Names what is missing or differs; silent when all is there.  More than that is fine.
-- needs: tasks recurring_tasks
do $$
declare
    problems text;
begin
    select string_agg(problem, e'\n') into problems from (
        select format('%s %s is missing', what, tab)
        from (values ('table', 'recurd.causes'), ('table', 'recurd.waiting'), ('view', 'recurd.waits')) as w (what, tab)
        where to_regclass(tab) is null
        union all
        select format('column %s.%s is %s', tab, col,
                      coalesce(a.atttypid::regtype || ', expected '
                               || array_to_string(types, ' or '), 'missing'))
        from (values ('recurd.causes', '{text,varchar}',
                      array['kind', 'cause', 'why', 'sqlstate', 'reason', 'after']),
                     ('recurd.causes', '{timestamptz}', array['since', 'tried_at', 'next_try_at']),
                     ('recurd.causes', '{integer}', array['tries']),
                     ('recurd.causes', '{bigint}', array['told']),
                     ('recurd.workers', '{jsonb}', array['figures']),
                     ('recurd.waiting', '{text,varchar}', array['kind', 'id', 'user_id', 'cause', 'reason']),
                     ('recurd.waiting', '{timestamptz}', array['at', 'since', 'tried_at']),
                     ('recurd.waiting', '{tid}', array['place']),
                     ('recurd.waiting', '{integer}', array['tries']))
             as w (tab, type_list, cols)
        cross join lateral unnest(cols) as col
        cross join lateral cast(type_list as regtype[]) as types
        left join pg_attribute a
             on a.attrelid = to_regclass(tab) and a.attname = col and not a.attisdropped
        where (a.attnum is null or a.atttypid <> all (types))
              and to_regclass(tab) is not null
        union all
        select format('index %s on %s is %s', name, tab, case
                      when i.indexrelid is null then 'missing'
                      when not i.indisvalid then 'invalid: its build was interrupted'
                      else actual || ', expected ' || wanted end)
        from (values ('recurd.ix_waiting_tried_at', 'recurd.waiting', 'btree (cause, tried_at)'),
                     ('recurd.ix_waiting_held', 'recurd.waiting', 'btree (kind, id) WHERE (cause = ''held''::text)'))
             as w (name, tab, wanted)
        left join pg_index i on i.indexrelid = to_regclass(name) and i.indrelid = to_regclass(tab)
        cross join lateral (
            select case when i.indisunique then 'unique ' else '' end
                   || regexp_replace(pg_get_indexdef(i.indexrelid),
                                     '^.* USING | WITH \([^)]*\)', '', 'g')) as d (actual)
        where (actual = wanted and i.indisvalid) is not true
              and to_regclass(tab) is not null
        union all
        select format('constraint %s on %s is missing', name, tab)
        from (values ('pk_causes', 'recurd.causes'), ('ck_causes_why', 'recurd.causes'),
                     ('pk_waiting', 'recurd.waiting')) as w (name, tab)
        where to_regclass(tab) is not null
              and not exists (select from pg_constraint where conrelid = to_regclass(tab) and conname = name)
        union all
        select 'function recurd.held_users(text[]) is missing'
        where to_regprocedure('recurd.held_users(text[])') is null
        union all
        select format('role %s may not %s %s', name, may, tab)
        from (values ('recurd_worker', 'recurd.causes', '{select,insert,update,delete}'::text[]),
                     ('recurd_worker', 'recurd.waiting', '{select,insert,update,delete}'),
                     ('recurd_worker', 'recurd.waits', '{select}'),
                     ('recurd_reader', 'recurd.causes', '{select}'),
                     ('recurd_reader', 'recurd.waiting', '{select}'),
                     ('recurd_reader', 'recurd.waits', '{select}'))
             as w (name, tab, rights)
        cross join lateral unnest(rights) as may
        where to_regrole(name) is not null
              and has_table_privilege(to_regrole(name), to_regclass(tab), may) is not true
        union all
        select 'role recurd_worker may not select tasks.ctid'
        where to_regrole('recurd_worker') is not null
              and has_column_privilege(to_regrole('recurd_worker'), to_regclass('tasks'), 'ctid', 'select') is not true
        union all
        select 'role recurd_worker may not execute recurd.held_users(text[])'
        where to_regrole('recurd_worker') is not null
              and has_function_privilege(to_regrole('recurd_worker'), to_regprocedure('recurd.held_users(text[])'),
                                         'execute') is not true
        union all
        select format('column %s.%s has no default', tab, col)
        from (values ('recurd.causes', array['sqlstate', 'reason', 'since', 'tries', 'after', 'told']),
                     ('recurd.waiting', array['reason', 'since', 'tried_at', 'tries']),
                     ('recurd.workers', array['figures'])) as w (tab, cols)
        cross join lateral unnest(cols) as col
        join pg_attribute a on a.attrelid = to_regclass(tab) and a.attname = col and not a.attisdropped
        where not a.atthasdef
        union all
        select format('function %s may be executed by everybody', name)
        from (values ('recurd.held_users(text[])')) as w (name)
        where has_function_privilege('public', to_regprocedure(name), 'execute')
        union all
        -- Its body has the name of the application's schema, which may have been renamed.
        select 'function recurd.held_users(text[]) does not fit the tables: they are in another schema'
        from pg_proc
        where oid = to_regprocedure('recurd.held_users(text[])')
              and position(format('%I."user"', current_schema()) in prosrc) = 0
        union all
        select format('function %s runs with %s', name, case
                      when prosecdef and definer then 'another search_path, expected pg_catalog, pg_temp'
                      when definer then 'its caller''s rights, expected its owner''s'
                      else 'its owner''s rights, expected its caller''s' end)
        from (values ('recurd.held_users(text[])', true)) as w (name, definer)
        join pg_proc on oid = to_regprocedure(name)
        where prosecdef <> definer or definer and not coalesce(proconfig && array['search_path=""', 'search_path=pg_catalog, pg_temp'], false)
        union all
        select format('view %s runs with its caller''s rights, expected its owner''s', name)
        from (values ('recurd.waits')) as w (name)
        join pg_class on oid = to_regclass(name)
        where exists (select from pg_options_to_table(reloptions)
                      where option_name = 'security_invoker' and option_value::boolean)
        union all
        select format('column %s.%s may be null', tab, col)
        from (values ('recurd.causes', array['why', 'sqlstate', 'reason', 'since', 'tries', 'next_try_at', 'after', 'told']),
                     ('recurd.waiting', array['cause', 'reason', 'since', 'tried_at', 'tries']),
                     ('recurd.workers', array['figures'])) as w (tab, cols)
        cross join lateral unnest(cols) as col
        join pg_attribute a on a.attrelid = to_regclass(tab) and a.attname = col and not a.attisdropped
        where not a.attnotnull
    ) as p (problem);
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
