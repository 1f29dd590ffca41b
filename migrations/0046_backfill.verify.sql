-- Names what is missing or differs; silent when all is there.  More than that is fine.
do $$
declare
    problems text;
begin
    select string_agg(problem, e'\n') into problems from (
        select 'table recurd.backfills is missing' as problem
        where to_regclass('recurd.backfills') is null
        union all
        select format('column %s.%s is %s', tab, col,
                      coalesce(a.atttypid::regtype || ', expected '
                               || array_to_string(types, ' or '), 'missing'))
        from (values ('recurd.backfills', '{text,varchar}',
                      array['id', 'template_id', 'asked_by', 'outcome', 'detail']),
                     ('recurd.backfills', '{timestamptz}',
                      array['asked_from', 'asked_to', 'asked_at', 'next_at', 'through', 'finished_at']),
                     ('recurd.backfills', '{int4}', array['made', 'present', 'left_out']))
             as w (tab, type_list, cols)
        cross join lateral unnest(cols) as col
        cross join lateral cast(type_list as regtype[]) as types
        left join pg_attribute a
             on a.attrelid = to_regclass(tab) and a.attname = col and not a.attisdropped
        where (a.attnum is null or a.atttypid <> all (types))
              and to_regclass(tab) is not null
        union all
        select format('column %s.%s has no default', tab, col)
        from (values ('recurd.backfills', array['id', 'asked_at', 'asked_by', 'next_at', 'made', 'present', 'left_out']))
             as w (tab, cols)
        cross join lateral unnest(cols) as col
        join pg_attribute a on a.attrelid = to_regclass(tab) and a.attname = col and not a.attisdropped
        where not a.atthasdef
        union all
        select format('column %s.%s may be null', tab, col)
        from (values ('recurd.backfills', array['template_id', 'asked_from', 'asked_to', 'asked_at', 'next_at', 'made',
                                                'present', 'left_out'])) as w (tab, cols)
        cross join lateral unnest(cols) as col
        join pg_attribute a on a.attrelid = to_regclass(tab) and a.attname = col and not a.attisdropped
        where not a.attnotnull
        union all
        select format('index %s on %s is %s', name, tab, case
                      when i.indexrelid is null then 'missing'
                      when not i.indisvalid then 'invalid: its build was interrupted'
                      else actual || ', expected ' || wanted end)
        from (values ('recurd.ix_backfills_pending', 'recurd.backfills', 'btree (next_at) WHERE (finished_at IS NULL)'),
                     ('recurd.ix_backfills_template_id', 'recurd.backfills', 'btree (template_id, asked_at)'),
                     ('recurd.ix_backfills_finished_at', 'recurd.backfills',
                      'btree (finished_at) WHERE (finished_at IS NOT NULL)'))
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
        from (values ('pk_backfills', 'recurd.backfills', 'PRIMARY KEY (id)'),
                     ('fk_backfills_template_id', 'recurd.backfills', 'FOREIGN KEY (template_id)%ON UPDATE CASCADE ON DELETE CASCADE%'),
                     ('ck_backfills_outcome', 'recurd.backfills', 'CHECK%'),
                     ('ck_backfills_span', 'recurd.backfills', 'CHECK%'),
                     ('ck_backfills_finished', 'recurd.backfills', 'CHECK%'))
             as w (name, tab, wanted)
        where to_regclass(tab) is not null
              and not exists (select from pg_constraint
                              where conrelid = to_regclass(tab) and conname = name and convalidated
                                    and pg_get_constraintdef(oid) like wanted)
        union all
        select format('function %s is missing', name)
        from (values ('recurd.backfill(text, timestamptz, timestamptz)'), ('recurd.backfill_wake()'),
                     ('recurd.decision_wake()')) as w (name)
        where to_regprocedure(name) is null
        union all
        select format('function %s runs with %s', name, case
                      when prosecdef and definer then 'another search_path, expected pg_catalog, pg_temp'
                      when definer then 'its caller''s rights, expected its owner''s'
                      else 'its owner''s rights, expected its caller''s' end)
        from (values ('recurd.backfill_wake()', true), ('recurd.decision_wake()', true),
                     ('recurd.backfill(text, timestamptz, timestamptz)', false))
             as w (name, definer)
        join pg_proc on oid = to_regprocedure(name)
        where prosecdef <> definer or definer and not coalesce(proconfig && array['search_path=pg_catalog, pg_temp'], false)
        union all
        select format('function %s may be executed by everybody', name)
        from (values ('recurd.backfill_wake()'), ('recurd.decision_wake()')) as w (name)
        where has_function_privilege('public', to_regprocedure(name), 'execute')
        union all
        select format('trigger %s on %s is missing or disabled', name, tab)
        from (values ('recurd_backfill_asked_wake', 'recurd.backfills'),
                     ('recurd_decision_wake', 'recurd.decisions')) as w (name, tab)
        where to_regclass(tab) is not null
              and not exists (select from pg_trigger
                              where tgrelid = to_regclass(tab) and tgname = name and tgenabled <> 'D')
        union all
        select format('role %s may not %s recurd.backfills', name, may)
        from (values ('recurd_worker', '{select,insert,update,delete}'::text[]),
                     ('recurd_reader', '{select}')) as w (name, rights)
        cross join lateral unnest(rights) as may
        where to_regrole(name) is not null
              and has_table_privilege(to_regrole(name), to_regclass('recurd.backfills'), may) is not true
        union all
        select format('role %s has no right of its own to execute recurd.backfill(text, timestamptz, timestamptz)', role)
        from unnest(array['recurd_worker', 'recurd_reader']) as role
        join pg_proc on oid = to_regprocedure('recurd.backfill(text, timestamptz, timestamptz)')
        where to_regrole(role) is not null
              and not exists (select from aclexplode(proacl) where grantee = to_regrole(role))
        union all
        -- Its body has the name of the application's schema, which may have been renamed.
        select 'function recurd.backfill(text, timestamptz, timestamptz) does not fit the tables: they are in another schema'
        from pg_proc
        where oid = to_regprocedure('recurd.backfill(text, timestamptz, timestamptz)')
              and position(format('%I.recurring_tasks', current_schema()) in prosrc) = 0
    ) as p (problem);
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
