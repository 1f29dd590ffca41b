-- Names what is missing or differs; silent when all is there.  More than that is fine.
-- needs: tasks
do $$
declare
    problems text;
begin
    select string_agg(problem, e'\n') into problems from (
        select 'table recurd.repeats is missing' as problem
        where to_regclass('recurd.repeats') is null
        union all
        select format('column %s.%s is %s', tab, col,
                      coalesce(a.atttypid::regtype || ', expected '
                               || array_to_string(types, ' or '), 'missing'))
        from (values ('recurd.repeats', '{text,varchar}', array['task_id', 'starts_zone', 'failure']),
                     ('recurd.repeats', '{timestamptz}', array['completed_at', 'planned_due_at', 'failed_at']),
                     ('recurd.repeats', '{timestamp}', array['starts_local']),
                     ('recurd.decisions', '{text,varchar}', array['task_id']),
                     ('recurd.settings', '{boolean}', array['repeat_tasks']))
             as w (tab, type_list, cols)
        cross join lateral unnest(cols) as col
        cross join lateral cast(type_list as regtype[]) as types
        left join pg_attribute a
             on a.attrelid = to_regclass(tab) and a.attname = col and not a.attisdropped
        where (a.attnum is null or a.atttypid <> all (types))
              and to_regclass(tab) is not null
        union all
        select 'column recurd.decisions.template_id is not null, and must not be'
        from pg_attribute
        where attrelid = to_regclass('recurd.decisions') and attname = 'template_id' and attnotnull
        union all
        select format('index %s on %s is %s', name, tab, case
                      when i.indexrelid is null then 'missing'
                      when not i.indisvalid then 'invalid: its build was interrupted'
                      else actual || ', expected ' || wanted end)
        from (values ('recurd.ix_repeats_completed_at', 'recurd.repeats',
                      'btree (completed_at) WHERE ((completed_at IS NOT NULL) AND (failed_at IS NULL))'),
                     ('recurd.ix_repeats_failed_at', 'recurd.repeats',
                      'btree (failed_at) WHERE (failed_at IS NOT NULL)'),
                     ('recurd.ix_decisions_task_id', 'recurd.decisions',
                      'btree (task_id, at) WHERE (task_id IS NOT NULL)'))
             as w (name, tab, wanted)
        left join pg_index i on i.indexrelid = to_regclass(name) and i.indrelid = to_regclass(tab)
        cross join lateral (
            select case when i.indisunique then 'unique ' else '' end
                   || regexp_replace(pg_get_indexdef(i.indexrelid),
                                     '^.* USING | WITH \([^)]*\)', '', 'g')) as d (actual)
        where (actual = wanted and i.indisvalid) is not true
              and to_regclass(tab) is not null
        union all
        select 'constraint pk_repeats on recurd.repeats is missing'
        where to_regclass('recurd.repeats') is not null
              and not exists (select from pg_constraint
                              where conrelid = to_regclass('recurd.repeats') and conname = 'pk_repeats')
        union all
        select 'function recurd.task_repeats() is missing'
        where to_regprocedure('recurd.task_repeats()') is null
        union all
        select format('trigger %s on tasks is missing or disabled', name)
        from (values ('recurd_task_repeats'), ('recurd_task_repeats_deleted')) as w (name)
        where not exists (select from pg_trigger
                          where tgrelid = to_regclass('tasks') and tgname = name and tgenabled <> 'D')
        union all
        select format('role %s may not %s recurd.repeats', name, may)
        from (values ('recurd_worker', '{select,insert,update,delete}'::text[]),
                     ('recurd_reader', '{select}')) as w (name, rights)
        cross join lateral unnest(rights) as may
        where to_regrole(name) is not null
              and has_table_privilege(to_regrole(name), to_regclass('recurd.repeats'), may) is not true
        union all
        select format('role recurd_worker may not %s tasks.%s', may, col)
        from (values ('select', array['title', 'description', 'priority', 'due_date', 'recurrence_rule', 'repeat_of']),
                     ('insert', array['remind_at', 'reminded_at', 'recurrence_rule', 'repeat_of'])) as w (may, cols)
        cross join lateral unnest(cols) as col
        left join pg_attribute on attrelid = to_regclass('tasks') and attname = col and not attisdropped
        where to_regrole('recurd_worker') is not null
              and has_column_privilege(to_regrole('recurd_worker'), attrelid, attnum, may) is not true
        union all
        select 'function recurd.task_repeats() may be executed by everybody'
        where has_function_privilege('public', to_regprocedure('recurd.task_repeats()'), 'execute')
        union all
        select format('function %s runs with %s', name, case
                      when prosecdef and definer then 'another search_path, expected pg_catalog, pg_temp'
                      when definer then 'its caller''s rights, expected its owner''s'
                      else 'its owner''s rights, expected its caller''s' end)
        from (values ('recurd.task_repeats()', true)) as w (name, definer)
        join pg_proc on oid = to_regprocedure(name)
        where prosecdef <> definer or definer and not coalesce(proconfig && array['search_path=""', 'search_path=pg_catalog, pg_temp'], false)
    ) as p (problem);
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
