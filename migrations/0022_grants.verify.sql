-- Names what is missing; silent when all is there.  More than that is fine.
-- needs: recurring_tasks tasks task_tags
do $$
declare
    problems text;
begin
    select string_agg(problem, e'\n') into problems from (
        select format('role %s is missing', name)
        from (values ('recurd_worker'), ('recurd_reader')) as w (name)
        where to_regrole(name) is null
        union all
        select format('role %s may not use schema %s', name, schema)
        from (values ('recurd_worker', 'recurd'),
                     ('recurd_reader', 'recurd'),
                     ('recurd_worker', quote_ident(current_schema()))) as w (name, schema)
        where to_regrole(name) is not null
              and has_schema_privilege(to_regrole(name), to_regnamespace(schema), 'usage') is not true
        union all
        select format('role %s may not %s %s', name, may, tab)
        from (values ('recurd_worker', 'recurring_tasks', '{select}'::text[]),
                     ('recurd_worker', 'recurd.settings', '{select}'),
                     ('recurd_worker', 'recurd.notifications', '{select,insert,delete}'),
                     ('recurd_worker', 'recurd.decisions', '{select,insert,delete}'),
                     ('recurd_worker', 'recurd.workers', '{select,insert,update,delete}'),
                     ('recurd_worker', 'recurd.template_tags', '{select}'),
                     ('recurd_reader', 'recurd.notifications', '{select}'),
                     ('recurd_reader', 'recurd.decisions', '{select}'),
                     ('recurd_reader', 'recurd.workers', '{select}'))
             as w (name, tab, rights)
        cross join lateral unnest(rights) as may
        where to_regrole(name) is not null
              and has_table_privilege(to_regrole(name), to_regclass(tab), may) is not true
        union all
        select format('role recurd_worker may not %s %s.%s', may, tab, col)
        from (values ('recurring_tasks', 'update',
                      array['next_due_at', 'is_active', 'starts_local', 'starts_zone',
                            'planned_due_at', 'made_through', 'used_count', 'replan_at', 'ended_at',
                            'failed_at', 'failure']),
                     ('tasks', 'select',
                      array['id', 'user_id', 'remind_at', 'reminded_at', 'is_complete',
                            'recurring_task_id', 'occurrence_at']),
                     ('tasks', 'insert',
                      array['id', 'title', 'description', 'priority', 'user_id', 'is_complete',
                            'due_date', 'created_at', 'updated_at', 'recurring_task_id',
                            'occurrence_at']),
                     ('tasks', 'update', array['reminded_at']),
                     ('task_tags', 'select', array['task_id', 'tag_id']),
                     ('task_tags', 'insert', array['task_id', 'tag_id']),
                     ('recurd.settings', 'update', array['live_since']),
                     ('recurd.notifications', 'update', array['id']),
                     ('recurd.decisions', 'update', array['id']))
             as w (tab, may, cols)
        cross join lateral unnest(cols) as col
        left join pg_attribute on attrelid = to_regclass(tab) and attname = col and not attisdropped
        where to_regrole('recurd_worker') is not null
              and has_column_privilege(to_regrole('recurd_worker'), attrelid, attnum, may) is not true
        union all
        select 'everybody may not select recurd.migrations'  -- where recurctl applied the steps
        where not has_table_privilege('public', to_regclass('recurd.migrations'), 'select')
    ) as p (problem);
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
