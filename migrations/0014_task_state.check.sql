-- Names what the up file would fail over; silent when nothing is in its way.
do $$
declare
    problems text;
begin
    select format('table tasks has a column %s already, and recurd adds one of this name: rename it',
                  string_agg(attname, ', ' order by attnum)) into problems
    from pg_attribute
    where attrelid = to_regclass('tasks') and not attisdropped
          and attname in ('recurring_task_id', 'occurrence_at', 'reminded_at', 'completed_at', 'repeat_of')
    having count(*) > 0;
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
