-- Names what is missing or differs; silent when all is there.  More than that is fine.
-- [needed]: recurd does not work without it, and the up file does not make it good.
-- needs: tasks recurring_tasks
do $$
declare
    problems text;
    -- From then on triggers stand in the place of the foreign key, or are missed there.
    has_triggers boolean := to_regprocedure('recurd.template_gone()') is not null
                            or to_regprocedure('recurd.task_refers()') is not null;
begin
    if not has_triggers and has_table_privilege(to_regclass('recurd.migrations'), 'select') then
        execute 'select exists (select from recurd.migrations where name like ''%\_template\_references'')'
           into has_triggers;
    end if;
    select string_agg(problem, e'\n') into problems from (
        select format('column %s.%s is %s', tab, col,
                      coalesce(a.atttypid::regtype || ', expected '
                               || array_to_string(types, ' or '), 'missing'))
        from (values ('tasks', '{text,varchar}', array['recurring_task_id', 'repeat_of']),
                     ('tasks', '{timestamptz}',
                      array['occurrence_at', 'reminded_at', 'completed_at']))
             as w (tab, type_list, cols)
        cross join lateral unnest(cols) as col
        cross join lateral cast(type_list as regtype[]) as types
        left join pg_attribute a
             on a.attrelid = to_regclass(tab) and a.attname = col and not a.attisdropped
        where a.attnum is null or a.atttypid <> all (types)
        union all
        select format('constraint %s on %s is missing', name, tab)
        from (values ('fk_tasks_recurring_task_id', 'tasks',
                      'FOREIGN KEY (recurring_task_id) REFERENCES recurring_tasks(id) ON DELETE SET NULL%'))
             as w (name, tab, wanted)
        where not has_triggers
              and not exists (select from pg_constraint
                              where conrelid = to_regclass(tab) and conname = name
                                    and pg_get_constraintdef(oid) like wanted)
        union all
        select format('function %s is missing', name)
        from (values ('recurd.task_completion_changed()')) as w (name)
        where to_regprocedure(name) is null
        union all
        select format('trigger %s on %s is missing or disabled', name, tab)
        from (values ('recurd_task_completion_changed', 'tasks'),
                     ('recurd_task_created_complete', 'tasks')) as w (name, tab)
        where not exists (select from pg_trigger
                          where tgrelid = to_regclass(tab) and tgname = name and tgenabled <> 'D')
        union all
        -- Columns that the application added and that recurd's own inserts would have to know.
        select format('column %s.%s is not null and has no default: recurd cannot insert; give it a default'
                      ' [needed]', tab, attname)
        from (values ('tasks', array['id', 'title', 'description', 'priority', 'user_id', 'is_complete',
                                     'due_date', 'created_at', 'updated_at', 'recurring_task_id',
                                     'occurrence_at']),
                     ('task_tags', array['task_id', 'tag_id'])) as w (tab, known)
        join pg_attribute on attrelid = to_regclass(tab)
        where attnum > 0 and not attisdropped and attnotnull and not atthasdef and attidentity = ''
              and not attname = any (known)
              and not exists (select from pg_trigger  -- which may fill it in
                              where tgrelid = attrelid and not tgisinternal and tgenabled <> 'D'
                                    and tgname <> 'recurd_task_created_complete'
                                    and tgtype & 1 = 1 and tgtype & 2 = 2 and tgtype & 4 = 4)
        union all
        select format('function %s may be executed by everybody', name)
        from (values ('recurd.task_completion_changed()')) as w (name)
        where has_function_privilege('public', to_regprocedure(name), 'execute')
        union all
        select format('function %s runs with %s', name, case
                      when prosecdef and definer then 'another search_path, expected pg_catalog, pg_temp'
                      when definer then 'its caller''s rights, expected its owner''s'
                      else 'its owner''s rights, expected its caller''s' end)
        from (values ('recurd.task_completion_changed()', true)) as w (name, definer)
        join pg_proc on oid = to_regprocedure(name)
        where prosecdef <> definer or definer and not coalesce(proconfig && array['search_path=""', 'search_path=pg_catalog, pg_temp'], false)
    ) as p (problem);
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
