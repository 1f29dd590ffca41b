-- Names what is missing or differs; silent when all is there.  More than that is fine.
-- needs: recurring_tasks CREATE tasks
do $$
declare
    problems text;
    older boolean := false;
begin
    if exists (select from pg_attribute where attrelid = to_regclass('recurd.settings')
                                              and attname = 'compatible_from' and not attisdropped)
       and has_table_privilege('recurd.settings', 'select') then
        execute 'select exists (select from recurd.settings where coalesce(compatible_from, 0) < 37)' into older;
    end if;
    select string_agg(problem, e'\n') into problems from (
        select 'table recurd.policies is missing' as problem
        where to_regclass('recurd.policies') is null
        union all
        select format('column %s.%s is %s', tab, col,
                      coalesce(a.atttypid::regtype || ', expected '
                               || array_to_string(types, ' or '), 'missing'))
        from (values ('recurring_tasks', '{timestamptz}', array['wake_at']),
                     ('recurd.policies', '{text,varchar}',
                      array['template_id', 'catch_up', 'overlap', 'calendar', 'shift', 'pause_reason', 'paused_by',
                            'pause_catch_up', 'updated_by']),
                     ('recurd.policies', '{interval}', array['catch_up_window', 'lead_time', 'jitter']),
                     ('recurd.settings', '{text,varchar}', array['default_catch_up']),
                     ('recurd.settings', '{interval}', array['default_catch_up_window', 'catch_up_grace']),
                     ('recurd.policies', '{interval[]}', array['remind_before']),
                     ('recurd.policies', '{integer}', array['catch_up_cap']),
                     ('recurd.policies', '{timestamptz}', array['paused_until', 'updated_at']))
             as w (tab, type_list, cols)
        cross join lateral unnest(cols) as col
        cross join lateral cast(type_list as regtype[]) as types
        left join pg_attribute a
             on a.attrelid = to_regclass(tab) and a.attname = col and not a.attisdropped
        where (a.attnum is null or a.atttypid <> all (types))
              and to_regclass(tab) is not null
        union all
        select format('column recurd.policies.%s has no default', col)
        from (values ('updated_at')) as w (col)
        join pg_attribute a on a.attrelid = to_regclass('recurd.policies') and a.attname = col and not a.attisdropped
        where not a.atthasdef
        union all
        select format('column recurd.policies.%s may be null', col)
        from (values ('updated_at')) as w (col)
        join pg_attribute a on a.attrelid = to_regclass('recurd.policies') and a.attname = col and not a.attisdropped
        where not a.attnotnull
        union all
        select format('index %s on %s is %s', name, tab, case
                      when i.indexrelid is null then 'missing'
                      when not i.indisvalid then 'invalid: its build was interrupted'
                      else actual || ', expected ' || wanted end)
        from (values ('ix_recurring_tasks_wake', 'recurring_tasks',
                      'btree (wake_at) WHERE (is_active AND (failed_at IS NULL) AND (wake_at IS NOT NULL))'),
                     ('recurd.ix_policies_paused_until', 'recurd.policies',
                      'btree (paused_until) WHERE (paused_until IS NOT NULL)'))
             as w (name, tab, wanted)
        left join pg_index i on i.indexrelid = to_regclass(name) and i.indrelid = to_regclass(tab)
        cross join lateral (
            select case when i.indisunique then 'unique ' else '' end
                   || regexp_replace(pg_get_indexdef(i.indexrelid),
                                     '^.* USING | WITH \([^)]*\)', '', 'g')) as d (actual)
        where (actual = wanted and i.indisvalid) is not true
              and to_regclass(tab) is not null
        union all
        select format('constraint %s on recurd.policies is missing', name)
        from (values ('pk_policies', 'PRIMARY KEY (template_id)'),
                     ('fk_policies_template_id', 'FOREIGN KEY (template_id)%CASCADE%'),
                     ('ck_policies_catch_up', 'CHECK%'), ('ck_policies_catch_up_window', 'CHECK%'),
                     ('ck_policies_catch_up_cap', 'CHECK%'), ('ck_policies_overlap', 'CHECK%'),
                     ('ck_policies_lead_time', 'CHECK%'), ('ck_policies_jitter', 'CHECK%'),
                     ('ck_policies_remind_before', 'CHECK%'), ('ck_policies_calendar', 'CHECK%'),
                     ('ck_policies_shift', 'CHECK%'), ('ck_policies_pause_reason', 'CHECK%'),
                     ('ck_policies_paused_until', 'CHECK%'), ('ck_policies_pause_catch_up', 'CHECK%'))
             as w (name, wanted)
        where to_regclass('recurd.policies') is not null
              and not exists (select from pg_constraint
                              where conrelid = to_regclass('recurd.policies') and conname = name and convalidated
                                    and pg_get_constraintdef(oid) like wanted)
        union all
        select format('constraint %s on recurd.settings is missing', name)
        from (values ('ck_settings_default_catch_up'), ('ck_settings_default_catch_up_window'),
                     ('ck_settings_catch_up_grace')) as w (name)
        where to_regclass('recurd.settings') is not null
              and not exists (select from pg_constraint
                              where conrelid = to_regclass('recurd.settings') and conname = name)
        union all
        select format('function %s is missing', name)
        from (values ('recurd.policies_stamped()'), ('recurd.policies_changed()'), ('recurd.template_policed()'),
                     ('recurd.template_resumed()'), ('recurd.pause(text, text, timestamptz)'), ('recurd.resume(text)'),
                     ('recurd.set_policy(text, text, text)')) as w (name)
        where to_regprocedure(name) is null
        union all
        select format('trigger %s on %s is missing or disabled', name, tab)
        from (values ('recurd_policies_stamped', 'recurd.policies'), ('recurd_policies_changed', 'recurd.policies'),
                     ('recurd_template_policed', 'recurring_tasks'),
                     ('recurd_template_created_policed', 'recurring_tasks'),
                     ('recurd_template_resumed', 'recurring_tasks')) as w (name, tab)
        where to_regclass(tab) is not null
              and not exists (select from pg_trigger
                              where tgrelid = to_regclass(tab) and tgname = name and tgenabled <> 'D')
        union all
        select format('role %s may not %s recurd.policies', name, may)
        from (values ('recurd_worker', '{select,insert,update,delete}'::text[]),
                     ('recurd_reader', '{select}')) as w (name, rights)
        cross join lateral unnest(rights) as may
        where to_regrole(name) is not null
              and has_table_privilege(to_regrole(name), to_regclass('recurd.policies'), may) is not true
        union all
        select format('role recurd_worker may not update %s.%s', tab, col)
        from (values ('recurring_tasks', array['wake_at']), ('tasks', array['is_complete', 'updated_at']))
             as w (tab, cols)
        cross join lateral unnest(cols) as col
        left join pg_attribute on attrelid = to_regclass(tab) and attname = col and not attisdropped
        where to_regrole('recurd_worker') is not null
              and has_column_privilege(to_regrole('recurd_worker'), attrelid, attnum, 'update') is not true
        union all
        select format('function %s may be executed by everybody', name)
        from (values ('recurd.policies_stamped()'), ('recurd.policies_changed()'), ('recurd.template_policed()'),
                     ('recurd.template_resumed()')) as w (name)
        where has_function_privilege('public', to_regprocedure(name), 'execute')
        union all
        -- With the rights of their caller.  One line for all of them, see 0040_api.
        select format('everybody may not execute %s%s', min(name),
                      case when count(*) > 1 then format(' and %s more', count(*) - 1) end)
        from (values ('recurd.pause(text, text, timestamptz)'), ('recurd.resume(text)'),
                     ('recurd.set_policy(text, text, text)')) as w (name)
        where not has_function_privilege('public', to_regprocedure(name), 'execute')
        having count(*) > 0
        union all
        -- Their bodies have the name of the application's schema, which may have been renamed.
        select format('function %s does not fit the tables: they are in another schema', name)
        from (values ('recurd.policies_changed()'), ('recurd.pause(text, text, timestamptz)'), ('recurd.resume(text)'),
                     ('recurd.set_policy(text, text, text)')) as w (name)
        join pg_proc on oid = to_regprocedure(name)
        where position(format('%I.recurring_tasks', current_schema()) in prosrc) = 0
        union all
        select 'function recurd.status_figures() is missing, or not as 0037_policies makes it'
        where not exists (select from pg_proc where oid = to_regprocedure('recurd.status_figures()')
                                                    and prosrc like '%wake_at%')
        union all
        select 'function recurd.settings_made() is missing, or not as 0037_policies makes it'
        where not exists (select from pg_proc where oid = to_regprocedure('recurd.settings_made()')
                                                    and prosrc like '%37%')
        union all
        select 'function recurd.settings_made() is there, but recurd.settings.compatible_from is below 37: older workers'
               ' would go on, and know nothing of policies'
        where older and to_regprocedure('recurd.settings_made()') is not null
        union all
        select format('function %s runs with %s', name, case
                      when prosecdef and definer then 'another search_path, expected pg_catalog, pg_temp'
                      when definer then 'its caller''s rights, expected its owner''s'
                      else 'its owner''s rights, expected its caller''s' end)
        from (values ('recurd.policies_stamped()', false), ('recurd.policies_changed()', true),
                     ('recurd.template_policed()', true), ('recurd.template_resumed()', true),
                     ('recurd.pause(text, text, timestamptz)', false), ('recurd.resume(text)', false),
                     ('recurd.set_policy(text, text, text)', false)) as w (name, definer)
        join pg_proc on oid = to_regprocedure(name)
        where prosecdef <> definer or definer and not coalesce(proconfig && array['search_path=""', 'search_path=pg_catalog, pg_temp'], false)
    ) as p (problem);
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
