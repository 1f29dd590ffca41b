-- Names what the down file would fail over; silent when nothing is in its way.
do $$
declare
    found record;
    problem text;
    problems text;
begin
    for found in
        select attrelid::regclass as tab, attname as col
        from pg_attribute
        where (attrelid = to_regclass('"user"') and attname = 'id'
               or attrelid = to_regclass('tasks') and attname in ('id', 'user_id'))
              and atttypid <> 'uuid'::regtype and not attisdropped
        order by attrelid::regclass::text, attnum
    loop
        execute format($q$
            select format('%%s values of %1$s.%2$s are no UUIDs, for instance %%s: they cannot go back to that type; keep this'
                          ' step (--to 5)', max(total), string_agg(quote_literal(left(id, 60)), ', '))
            from (select %2$I::text as id, count(*) over () as total
                  from %1$s
                  where %2$I::text !~* '^\{?[0-9a-f]{4}(-?[0-9a-f]{4}){7}\}?$'
                  order by 1 limit 3) as d
            having count(*) > 0
        $q$, found.tab, found.col) into problem;
        problems := nullif(concat_ws(e'\n', problems, problem), '');
    end loop;
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
