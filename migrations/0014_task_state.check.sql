-- Names what the up file would fail over; silent when nothing is in its way.
do $$
declare
    problems text;
begin
    -- All of them: recurd was at work here, and somebody brought the table without schema recurd.
    select case when count(*) = 5
                then 'table tasks has all columns of recurd''s, and schema recurd does not know it: a restore left'
                     ' that schema out; restore the dump again with it (pg_dump without -n)'
                else format('table tasks has a column %s already, and recurd adds one of this name: rename it',
                            string_agg(attname, ', ' order by attnum)) end into problems
    from pg_attribute
    where attrelid = to_regclass('tasks') and not attisdropped
          and attname in ('recurring_task_id', 'occurrence_at', 'reminded_at', 'completed_at', 'repeat_of')
    having count(*) > 0;
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
