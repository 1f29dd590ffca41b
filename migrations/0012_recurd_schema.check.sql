-- Names what the up file, or one after it, would fail over; silent when nothing is in its way.
do $$
declare
    problems text;
begin
    select format('schema recurd is there and is not recurd''s: it has %s; rename or drop the schema',
                  string_agg(name, ', ' order by name)) into problems
    from (select relname from pg_class
          where relnamespace = to_regnamespace('recurd') and relkind in ('r', 'v', 'm', 'p', 'f', 'S')
                and relname <> 'migrations'
          union all
          select proname || '()' from pg_proc where pronamespace = to_regnamespace('recurd')
          order by 1 limit 5) as o (name)
    having count(*) > 0;
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
