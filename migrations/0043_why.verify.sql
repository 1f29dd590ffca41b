-- Names what is missing or differs; silent when all is there.  More than that is fine.
-- needs: recurring_tasks
do $$
declare
    problems text;
begin
    select string_agg(problem, e'\n') into problems from (
        select 'table recurd.changes is missing' as problem
        where to_regclass('recurd.changes') is null
        union all
        select format('column %s.%s is %s', tab, col,
                      coalesce(a.atttypid::regtype || ', expected '
                               || array_to_string(types, ' or '), 'missing'))
        from (values ('recurd.decisions', '{text,varchar}', array['by']),
                     ('recurd.changes', '{bigint}', array['id']),
                     ('recurd.changes', '{text,varchar}', array['by', 'kind', 'template_id', 'starts_zone']),
                     ('recurd.changes', '{timestamptz}', array['at', 'next_due_at', 'made_through']),
                     ('recurd.changes', '{timestamp}', array['starts_local']),
                     ('recurd.changes', '{jsonb}', array['before', 'after', 'recurrence_rule']),
                     ('recurd.settings', '{boolean}', array['audit']),
                     ('recurd.settings', '{interval}', array['audit_retention']))
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
        from (values ('recurd.ix_changes_template_id', 'recurd.changes', 'btree (template_id, at)'),
                     ('recurd.ix_changes_at', 'recurd.changes', 'btree (at)')) as w (name, tab, wanted)
        left join pg_index i on i.indexrelid = to_regclass(name) and i.indrelid = to_regclass(tab)
        cross join lateral (
            select case when i.indisunique then 'unique ' else '' end
                   || regexp_replace(pg_get_indexdef(i.indexrelid),
                                     '^.* USING | WITH \([^)]*\)', '', 'g')) as d (actual)
        where (actual = wanted and i.indisvalid) is not true
              and to_regclass(tab) is not null
        union all
        select format('constraint %s on %s is missing', name, tab)
        from (values ('pk_changes', 'recurd.changes'),
                     ('ck_settings_audit_retention', 'recurd.settings')) as w (name, tab)
        where to_regclass(tab) is not null
              and not exists (select from pg_constraint where conrelid = to_regclass(tab) and conname = name)
        union all
        select format('column %s.%s has no default', tab, col)
        from (values ('recurd.decisions', array['by']),
                     ('recurd.changes', array['at', 'by'])) as w (tab, cols)
        cross join lateral unnest(cols) as col
        join pg_attribute a on a.attrelid = to_regclass(tab) and a.attname = col and not a.attisdropped
        where not a.atthasdef
        union all
        select format('column recurd.changes.%s may be null', col)
        from unnest(array['at', 'by', 'kind', 'template_id', 'before']) as col
        join pg_attribute a on a.attrelid = to_regclass('recurd.changes') and a.attname = col and not a.attisdropped
        where not a.attnotnull
        union all
        select format('function %s is missing', name)
        from (values ('recurd.template_audited()'), ('recurd.audited_value(jsonb)'),
                     ('recurd.zone_mended()')) as w (name)
        where to_regprocedure(name) is null
        union all
        select format('trigger %s on %s is missing or disabled', name, tab)
        from (values ('recurd_template_audited', 'recurring_tasks'),
                     ('recurd_template_deleted_audited', 'recurring_tasks'),
                     ('recurd_preferences_mended', 'recurd.preferences'),
                     ('recurd_settings_mended', 'recurd.settings')) as w (name, tab)
        where to_regclass(tab) is not null
              and not exists (select from pg_trigger
                              where tgrelid = to_regclass(tab) and tgname = name and tgenabled <> 'D')
        union all
        select format('role %s may not %s recurd.changes', name, may)
        from (values ('recurd_worker', '{select,delete}'::text[]),
                     ('recurd_reader', '{select}')) as w (name, rights)
        cross join lateral unnest(rights) as may
        where to_regrole(name) is not null
              and has_table_privilege(to_regrole(name), to_regclass('recurd.changes'), may) is not true
        union all
        select 'role recurd_worker may not update recurd.changes.at'
        from pg_attribute
        where to_regrole('recurd_worker') is not null
              and attrelid = to_regclass('recurd.changes') and attname = 'at' and not attisdropped
              and not has_column_privilege(to_regrole('recurd_worker'), attrelid, attnum, 'update')
        union all
        -- Its trigger, with its owner's rights, draws from it, and puts it right where it stands behind.
        select 'column recurd.changes.id has no sequence'
        from pg_attribute
        where attrelid = to_regclass('recurd.changes') and attname = 'id' and not attisdropped and attidentity = ''
        union all
        -- Its body has the name of the application's schema, which may have been renamed.
        select 'function recurd.zone_mended() does not fit the tables: they are in another schema'
        from pg_proc
        where oid = to_regprocedure('recurd.zone_mended()')
              and position(format('%I.tasks', current_schema()) in prosrc) = 0
        union all
        select format('function %s may be executed by everybody', name)
        from (values ('recurd.template_audited()'), ('recurd.zone_mended()')) as w (name)
        where has_function_privilege('public', to_regprocedure(name), 'execute')
        union all
        select format('function %s runs with %s', name, case
                      when prosecdef and definer then 'another search_path, expected pg_catalog, pg_temp'
                      when definer then 'its caller''s rights, expected its owner''s'
                      else 'its owner''s rights, expected its caller''s' end)
        from (values ('recurd.template_audited()', true), ('recurd.zone_mended()', true),
                     ('recurd.audited_value(jsonb)', false)) as w (name, definer)
        join pg_proc on oid = to_regprocedure(name)
        where prosecdef <> definer or definer and not coalesce(proconfig && array['search_path=""', 'search_path=pg_catalog, pg_temp'], false)
    ) as p (problem);
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
