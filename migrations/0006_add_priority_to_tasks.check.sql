-- Names what the up file would fail over; silent when nothing is in its way.  Of a column that holds no words, the
-- verify file says that its type is another: nobody is to put words into it.
do $$
declare
    problems text;
begin
    if exists (select from pg_constraint where conrelid = to_regclass('tasks')
                                               and conname = 'ck_tasks_priority_valid' and convalidated)
       or not exists (select from pg_attribute where attrelid = to_regclass('tasks') and attname = 'priority'
                                                     and atttypid = any ('{text,varchar}'::regtype[])
                                                     and not attisdropped) then
        return;
    end if;
    execute $q$
        select format('%s tasks have a priority that is not low, medium, high or urgent, for instance %s:'
                      ' ck_tasks_priority_valid cannot be added; update them', max(total),
                      string_agg(format('%s (%s)', quote_literal(left(id, 60)), quote_literal(left(priority, 60))), ', '))
        from (select id::text, priority::text, count(*) over () as total
              from tasks where priority::text not in ('low', 'medium', 'high', 'urgent') order by 1 limit 3) as d
        having count(*) > 0
    $q$ into problems;
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
