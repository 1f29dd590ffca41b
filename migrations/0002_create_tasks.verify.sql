-- Names what is missing or differs; silent when all is there.  More than that is fine.
-- [needed]: recurd does not work without it, and the up file does not make it good.
-- needs: tasks CREATE
do $$
declare
    problems text;
begin
    select string_agg(problem, e'\n') into problems from (
        select format('table %s is missing', tab)
        from (values ('tasks')) as w (tab)
        where to_regclass(tab) is null
        union all
        select format('column %s.%s is %s', tab, col,
                      coalesce(a.atttypid::regtype || ', expected '
                               || array_to_string(types, ' or '), 'missing'))
               || case when needed then ' [needed]' else '' end
        from (values ('tasks', '{text,varchar}', true, array['title', 'description']),
                     ('tasks', '{uuid,text,varchar}', true, array['id', 'user_id']),
                     ('tasks', '{boolean}', true, array['is_complete']),
                     ('tasks', '{timestamp}', true, array['created_at', 'updated_at']))
             as w (tab, type_list, needed, cols)
        cross join lateral unnest(cols) as col
        cross join lateral cast(type_list as regtype[]) as types
        left join pg_attribute a
             on a.attrelid = to_regclass(tab) and a.attname = col and not a.attisdropped
        where (a.attnum is null or a.atttypid <> all (types))
              and to_regclass(tab) is not null
        union all
        select format('index %s on %s is %s', name, tab, case
                      when i.indexrelid is null then 'missing'
                      when not i.indisvalid then 'invalid: its build was interrupted'
                      else actual || ', expected ' || wanted end)
               || case when needed then ' [needed]' else '' end
        from (values ('ix_tasks_is_complete', 'tasks', 'btree (is_complete)', false),
                     ('ix_tasks_user_id', 'tasks', 'btree (user_id)', false))
             as w (name, tab, wanted, needed)
        left join pg_index i on i.indexrelid = to_regclass(name) and i.indrelid = to_regclass(tab)
        cross join lateral (
            select case when i.indisunique then 'unique ' else '' end
                   || regexp_replace(pg_get_indexdef(i.indexrelid),
                                     '^.* USING | WITH \([^)]*\)', '', 'g')) as d (actual)
        where (actual = wanted and i.indisvalid) is not true
              -- Its owner may drop what others cover, or hardly a query uses: recurctl preflight tells.
              and not (i.indexrelid is null and name in ('ix_tasks_is_complete', 'ix_tasks_user_id'))
              and to_regclass(tab) is not null
        union all
        select format('constraint %s on %s is missing', name, tab)
               || case when needed then ' [needed]' else '' end
        from (values ('tasks_pkey', 'tasks', 'PRIMARY KEY (id)%', true),
                     ('tasks_user_id_fkey', 'tasks',
                      'FOREIGN KEY (user_id) REFERENCES "user"(id)%', false))
             as w (name, tab, wanted, needed)
        where not exists (select from pg_constraint
                          where conrelid = to_regclass(tab) and convalidated
                                and pg_get_constraintdef(oid) like wanted)
              and to_regclass(tab) is not null
    ) as p (problem);
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
