-- Names what is missing or differs; silent when all is there.  More than that is fine.
-- [needed]: recurd does not work without it, and the up file does not make it good.
-- needs: "user" tasks
do $$
declare
    problems text;
begin
    select string_agg(problem, e'\n') into problems from (
        select format('column %s.%s is %s', tab, col,
                      coalesce(a.atttypid::regtype || ', expected '
                               || array_to_string(types, ' or '), 'missing'))
               || case when needed and a.atttypid <> 'uuid'::regtype then ' [needed]' else '' end
        from (values ('"user"', '{text,varchar}', true, array['id']),
                     ('tasks', '{text,varchar}', true, array['id', 'user_id']))
             as w (tab, type_list, needed, cols)
        cross join lateral unnest(cols) as col
        cross join lateral cast(type_list as regtype[]) as types
        left join pg_attribute a
             on a.attrelid = to_regclass(tab) and a.attname = col and not a.attisdropped
        where a.attnum is null or a.atttypid <> all (types)
        union all
        select format('constraint %s on %s is missing', name, tab)
               || case when needed then ' [needed]' else '' end
        from (values ('tasks_user_id_fkey', 'tasks',
                      'FOREIGN KEY (user_id) REFERENCES "user"(id)%', false))
             as w (name, tab, wanted, needed)
        where not exists (select from pg_constraint
                          where conrelid = to_regclass(tab) and convalidated
                                and pg_get_constraintdef(oid) like wanted)
    ) as p (problem);
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
