-- Names what is missing or differs; silent when all is there.  More than that is fine.
-- needs: recurring_tasks tasks
do $verify$
declare
    problems text;
begin
    select string_agg(problem, e'\n') into problems from (
        select format('function recurd.%s is missing', name)
        from (values ('upcoming_rows()'), ('status_row()')) as w (name)
        where to_regprocedure('recurd.' || name) is null
        union all
        select format('view recurd.%s is missing', name)
        from (values ('upcoming'), ('status'), ('worker_states')) as w (name)
        where to_regclass('recurd.' || name) is null
        union all
        select format('role %s may not use schema %I', 'recurd_reader', current_schema())
        where not has_schema_privilege(to_regrole('recurd_reader'), to_regnamespace(quote_ident(current_schema())), 'usage')
        union all
        select format('role %s may not select %s', name, tab)
        from (values ('recurd_reader', 'recurd.status'),
                     ('recurd_reader', 'recurd.worker_states'),
                     ('recurd_reader', 'recurd.upcoming'),
                     ('recurd_reader', 'recurd.settings'),
                     ('recurd_reader', 'recurd.template_tags'),
                     ('recurd_reader', 'recurring_tasks'),
                     ('recurd_reader', 'tags'),
                     ('recurd_worker', 'recurd.status'),
                     ('recurd_worker', 'recurd.worker_states')) as w (name, tab)
        where to_regrole(name) is not null
              and has_table_privilege(to_regrole(name), to_regclass(tab), 'select') is not true
        union all
        select format('role recurd_reader may not select tasks.%s', col)
        from unnest(array['id', 'user_id', 'title', 'description', 'priority', 'is_complete', 'due_date', 'remind_at',
                          'recurrence_rule', 'created_at', 'updated_at', 'recurring_task_id', 'occurrence_at',
                          'reminded_at', 'completed_at', 'repeat_of']) as col
        left join pg_attribute on attrelid = to_regclass('tasks') and attname = col and not attisdropped
        where to_regrole('recurd_reader') is not null
              and has_column_privilege(to_regrole('recurd_reader'), attrelid, attnum, 'select') is not true
        union all
        select format('function %s runs with %s', name, case
                      when prosecdef and definer then 'another search_path, expected pg_catalog, pg_temp'
                      when definer then 'its caller''s rights, expected its owner''s'
                      else 'its owner''s rights, expected its caller''s' end)
        from (values ('recurd.upcoming_rows()', false), ('recurd.status_row()', false)) as w (name, definer)
        join pg_proc on oid = to_regprocedure(name)
        where prosecdef <> definer or definer and not coalesce(proconfig && array['search_path=""', 'search_path=pg_catalog, pg_temp'], false)
        union all
        select format('view %s runs with its caller''s rights, expected its owner''s', name)
        from (values ('recurd.upcoming'), ('recurd.status'), ('recurd.worker_states')) as w (name)
        join pg_class on oid = to_regclass(name)
        where exists (select from pg_options_to_table(reloptions)
                      where option_name = 'security_invoker' and option_value::boolean)
    ) as p (problem);
    -- The functions hold their statements as text: only a call tells whether they still fit the tables.  Later steps'
    -- read recurring_tasks.wake_at and recurd.reminders, which those steps' files miss, and repair brings back there.
    if to_regclass('recurd.upcoming') is not null and to_regclass('recurd.status') is not null
       and ((select count(*) from pg_attribute where not attisdropped and (
                attrelid = to_regclass('recurd.reminders') and attname in ('id', 'task_id', 'remind_at', 'reminded_at')
                or attrelid = to_regclass('recurring_tasks') and attname = 'wake_at')) = 5
            or not exists (select from pg_proc where oid in (to_regprocedure('recurd.upcoming_rows()'),
                                                             to_regprocedure('recurd.status_figures()'))
                                                     and prosrc like '%recurd.reminders%')) then
        begin
            perform from recurd.upcoming limit 0;
            perform from recurd.status limit 0;
        exception
            when undefined_table or undefined_column or undefined_function or invalid_schema_name
                 or invalid_function_definition then
                problems := concat_ws(e'\n', problems,
                    format('function recurd.upcoming_rows() does not fit the tables, or recurd.status_row() does not'
                           ' (%s)', replace(sqlerrm, e'\n', ' ')));
        end;
    end if;
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$verify$;
