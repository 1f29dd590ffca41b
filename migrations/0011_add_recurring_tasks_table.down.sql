drop table if exists recurring_tasks;
-- Another table of the application may have a trigger that runs it.
do $$
begin
    if not exists (select from pg_trigger
                   where tgfoid = to_regprocedure('update_recurring_tasks_updated_at()')) then
        drop function if exists update_recurring_tasks_updated_at();
    end if;
end
$$;
