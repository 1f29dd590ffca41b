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
        union all
        -- They fail rather than pass over a row that is hidden from them.
        select format('row-level security of %s holds for role %s, which owns function %s, so that it fails; run: alter table'
                      ' %1$s no force row level security (or: alter role %2$s bypassrls)',
                      tab, quote_ident(r.rolname), name)
        from (values ('recurd.template_gone()'), ('recurd.task_refers()')) as w (name)
        join pg_proc as f on f.oid = to_regprocedure(name)
        join pg_roles as r on r.oid = f.proowner
        cross join (values ('tasks'), ('recurring_tasks')) as t (tab)
        join pg_class as c on c.oid = to_regclass(tab)
        where c.relrowsecurity and not r.rolsuper and not r.rolbypassrls
              and (c.relforcerowsecurity or not pg_has_role(r.oid, c.relowner, 'usage'))
        union all
        select format('function %s runs with %s', name, case
                      when prosecdef and definer then 'another search_path, expected pg_catalog, pg_temp'
                      when definer then 'its caller''s rights, expected its owner''s'
                      else 'its owner''s rights, expected its caller''s' end)
        from (values ('recurd.template_gone()', true), ('recurd.task_refers()', true)) as w (name, definer)
        join pg_proc on oid = to_regprocedure(name)
        where prosecdef <> definer or definer and not coalesce(proconfig && array['search_path=""', 'search_path=pg_catalog, pg_temp'], false)
    ) as p (problem);
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
