-- Names what is missing or differs; silent when all is there.  More than that is fine, the foreign key too.
-- needs: recurring_tasks tasks
do $$
declare
    problems text;
begin
    select string_agg(problem, e'\n') into problems from (
        select format('function %s is missing', name) as problem
        from (values ('recurd.template_gone()'), ('recurd.task_refers()')) as w (name)
        where to_regprocedure(name) is null
        union all
        select format('trigger %s on %s is missing or disabled', name, tab)
        from (values ('recurd_template_deleted', 'recurring_tasks'),
                     ('recurd_template_truncated', 'recurring_tasks'),
                     ('recurd_template_renamed', 'recurring_tasks'),
                     ('recurd_task_created_refers', 'tasks'),
                     ('recurd_task_changed_refers', 'tasks')) as w (name, tab)
        where not exists (select from pg_trigger
                          where tgrelid = to_regclass(tab) and tgname = name and tgenabled <> 'D')
        union all
        select format('function %s may be executed by everybody', name)
        from (values ('recurd.template_gone()'), ('recurd.task_refers()')) as w (name)
        where has_function_privilege('public', to_regprocedure(name), 'execute')
        union all
        -- Their bodies have the name of the application's schema, which may have been renamed.
        select format('function %s does not fit the tables: they are in another schema', name)
        from (values ('recurd.template_gone()'), ('recurd.task_refers()')) as w (name)
        join pg_proc on oid = to_regprocedure(name)
        where position(format('%I.recurring_tasks', current_schema()) in prosrc) = 0
    ) as p (problem);
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
