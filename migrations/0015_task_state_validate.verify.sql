-- Names what is missing or differs; silent when all is there.  More than that is fine.
-- needs: tasks
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
        select format('constraint %s on %s is missing', name, tab)
        from (values ('fk_tasks_recurring_task_id', 'tasks',
                      'FOREIGN KEY (recurring_task_id) REFERENCES recurring_tasks(id) ON DELETE SET NULL'))
             as w (name, tab, wanted)
        where not has_triggers
              and not exists (select from pg_constraint
                              where conrelid = to_regclass(tab) and conname = name and convalidated
                                    and pg_get_constraintdef(oid) like wanted)
    ) as p (problem);
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
