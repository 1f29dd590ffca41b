-- Names what is missing or differs; silent when all is there.  More than that is fine.
-- needs: tasks
do $$
declare
    problems text;
begin
    select string_agg(problem, e'\n') into problems from (
        select 'table recurd.reminders is missing' as problem
        where to_regclass('recurd.reminders') is null
        union all
        select format('column %s.%s is %s', tab, col,
                      coalesce(a.atttypid::regtype || ', expected '
                               || array_to_string(types, ' or '), 'missing'))
        from (values ('recurd.reminders', '{text,varchar}', array['id', 'task_id', 'source', 'created_by']),
                     ('recurd.reminders', '{timestamptz}', array['remind_at', 'reminded_at', 'created_at']),
                     ('recurd.reminders', '{interval}', array['before']),
                     ('recurd.notifications', '{text,varchar}', array['reminder_id']))
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
        from (values ('recurd.ix_reminders_task_id', 'recurd.reminders', 'btree (task_id)'),
                     ('recurd.ix_reminders_pending', 'recurd.reminders',
                      'btree (remind_at) WHERE ((remind_at IS NOT NULL) AND ((reminded_at IS NULL) OR (remind_at > reminded_at)))'))
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
        from (values ('pk_reminders', 'recurd.reminders', 'PRIMARY KEY (id)'),
                     ('fk_reminders_task_id', 'recurd.reminders', 'FOREIGN KEY (task_id)%ON DELETE CASCADE%'),
                     ('ck_reminders_before', 'recurd.reminders', 'CHECK%'),
                     ('ck_reminders_source', 'recurd.reminders', 'CHECK%'),
                     ('ck_reminders_at', 'recurd.reminders', 'CHECK%'),
                     ('ck_reminders_remind_at', 'recurd.reminders', 'CHECK%'))
             as w (name, tab, wanted)
        where to_regclass(tab) is not null
              and not exists (select from pg_constraint
                              where conrelid = to_regclass(tab) and conname = name and convalidated
                                    and pg_get_constraintdef(oid) like wanted)
        union all
        select format('function %s is missing', name)
        from (values ('recurd.remind_at(timestamptz, interval)'), ('recurd.reminder_id(text, text)'), ('recurd.reminder_placed()'),
                     ('recurd.reminder_wake()'), ('recurd.task_reminders()'), ('recurd.reminder_wanted(text)'),
                     ('recurd.reminder_ahead(text, timestamptz)'), ('recurd.remind(text, timestamptz, interval)'),
                     ('recurd.unremind(text)'), ('recurd.snooze(text, timestamptz, interval)')) as w (name)
        where to_regprocedure(name) is null
        union all
        select format('trigger %s on %s is missing or disabled', name, tab)
        from (values ('recurd_task_reminders', 'tasks'),
                     ('recurd_reminder_created', 'recurd.reminders'),
                     ('recurd_reminder_created_wake', 'recurd.reminders'),
                     ('recurd_reminder_changed_wake', 'recurd.reminders'),
                     ('recurd_reminder_changed', 'recurd.reminders')) as w (name, tab)
        where to_regclass(tab) is not null
              and not exists (select from pg_trigger
                              where tgrelid = to_regclass(tab) and tgname = name and tgenabled <> 'D')
        union all
        select format('role %s may not %s recurd.reminders', name, may)
        from (values ('recurd_worker', '{select,insert,update,delete}'::text[]),
                     ('recurd_reader', '{select}')) as w (name, rights)
        cross join lateral unnest(rights) as may
        where to_regrole(name) is not null
              and has_table_privilege(to_regrole(name), to_regclass('recurd.reminders'), may) is not true
        union all
        -- Its own, because everybody's may go at any time; one line for all of them, see 0040_api.
        select format('role %s has no right of its own to execute %s%s', role, min(name),
                      case when count(*) > 1 then format(' and %s more', count(*) - 1) end)
        from (values ('recurd_worker', array['recurd.remind_at(timestamptz, interval)', 'recurd.reminder_id(text, text)',
                                             'recurd.reminder_wanted(text)', 'recurd.reminder_ahead(text, timestamptz)',
                                             'recurd.remind(text, timestamptz, interval)', 'recurd.unremind(text)',
                                             'recurd.snooze(text, timestamptz, interval)']),
                     ('recurd_reader', array['recurd.remind_at(timestamptz, interval)', 'recurd.reminder_id(text, text)']))
             as w (role, names)
        cross join lateral unnest(names) as name
        join pg_proc on oid = to_regprocedure(name)
        where to_regrole(role) is not null
              and not exists (select from aclexplode(proacl) where grantee = to_regrole(role))
        group by role
        union all
        select format('column %s.%s has no default', tab, col)
        from (values ('recurd.reminders', array['id', 'source', 'created_by', 'created_at'])) as w (tab, cols)
        cross join lateral unnest(cols) as col
        join pg_attribute a on a.attrelid = to_regclass(tab) and a.attname = col and not a.attisdropped
        where not a.atthasdef
        union all
        select format('function %s may be executed by everybody', name)
        from (values ('recurd.reminder_placed()'), ('recurd.reminder_wake()'), ('recurd.task_reminders()')) as w (name)
        where has_function_privilege('public', to_regprocedure(name), 'execute')
        union all
        -- Their bodies have the name of the application's schema, which may have been renamed.
        select format('function %s does not fit the tables: they are in another schema', name)
        from (values ('recurd.reminder_placed()'), ('recurd.reminder_wanted(text)'),
                     ('recurd.snooze(text, timestamptz, interval)')) as w (name)
        join pg_proc on oid = to_regprocedure(name)
        where position(format('%I.tasks', current_schema()) in prosrc) = 0
        union all
        select format('function %s runs with %s', name, case
                      when prosecdef and definer then 'another search_path, expected pg_catalog, pg_temp'
                      when definer then 'its caller''s rights, expected its owner''s'
                      else 'its owner''s rights, expected its caller''s' end)
        from (values ('recurd.reminder_placed()', true), ('recurd.reminder_wake()', true), ('recurd.task_reminders()', true),
                     ('recurd.remind_at(timestamptz, interval)', false), ('recurd.reminder_id(text, text)', false),
                     ('recurd.reminder_wanted(text)', false), ('recurd.reminder_ahead(text, timestamptz)', false),
                     ('recurd.remind(text, timestamptz, interval)', false),
                     ('recurd.unremind(text)', false), ('recurd.snooze(text, timestamptz, interval)', false)) as w (name, definer)
        join pg_proc on oid = to_regprocedure(name)
        where prosecdef <> definer or definer and not coalesce(proconfig && array['search_path=""', 'search_path=pg_catalog, pg_temp'], false)
        union all
        select format('column %s.%s may be null', tab, col)
        from (values ('recurd.reminders', array['task_id', 'source', 'created_at'])) as w (tab, cols)
        cross join lateral unnest(cols) as col
        join pg_attribute a on a.attrelid = to_regclass(tab) and a.attname = col and not a.attisdropped
        where not a.attnotnull
    ) as p (problem);
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
