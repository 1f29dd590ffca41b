-- Names what the up file would fail over; silent when nothing is in its way.
do $$
begin
    if exists (select from pg_proc where oid = to_regprocedure('update_recurring_tasks_updated_at()')
                                         and prorettype <> 'trigger'::regtype)
       and not exists (select from pg_trigger where tgrelid = to_regclass('recurring_tasks')
                                                    and tgname = 'trigger_update_recurring_tasks_updated_at') then
        raise exception 'function update_recurring_tasks_updated_at() is no trigger function: rename or drop it';
    end if;
end
$$;
