-- Names what is missing or differs; silent when all is there.  More than that is fine.
-- [needed]: recurd does not work without it, and the up file does not make it good.
-- needs: tasks CREATE
do $$
declare
    problems text;
begin
    select string_agg(problem, e'\n') into problems from (
        select format('column %s.%s is %s', tab, col,
                      coalesce(a.atttypid::regtype || ', expected '
                               || array_to_string(types, ' or '), 'missing'))
               || case when needed and a.attnum is not null then ' [needed]' else '' end
        from (values ('tasks', '{text,varchar}', true, array['priority']))
             as w (tab, type_list, needed, cols)
        cross join lateral unnest(cols) as col
        cross join lateral cast(type_list as regtype[]) as types
        left join pg_attribute a
             on a.attrelid = to_regclass(tab) and a.attname = col and not a.attisdropped
        where a.attnum is null or a.atttypid <> all (types)
        union all
        select format('index %s on %s is %s', name, tab, case
                      when i.indexrelid is null then 'missing'
                      when not i.indisvalid then 'invalid: its build was interrupted'
                      else actual || ', expected ' || wanted end)
               || case when needed then ' [needed]' else '' end
        from (values ('ix_tasks_priority', 'tasks', 'btree (priority)', false))
             as w (name, tab, wanted, needed)
        left join pg_index i on i.indexrelid = to_regclass(name) and i.indrelid = to_regclass(tab)
        cross join lateral (
            select case when i.indisunique then 'unique ' else '' end
                   || regexp_replace(pg_get_indexdef(i.indexrelid),
                                     '^.* USING | WITH \([^)]*\)', '', 'g')) as d (actual)
        where (actual = wanted and i.indisvalid) is not true
              -- Its owner may drop what others cover, or hardly a query uses: recurctl preflight tells.
              and not (i.indexrelid is null and name in ('ix_tasks_priority'))
        union all
        select format('constraint %s on %s is missing', name, tab)
               || case when needed then ' [needed]' else '' end
        from (values ('ck_tasks_priority_valid', 'tasks',
                      'CHECK%priority%low%medium%high%urgent%', false))
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
