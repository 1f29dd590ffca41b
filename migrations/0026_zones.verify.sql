-- Names what is missing or differs; silent when all is there.  More than that is fine.
do $$
declare
    problems text;
begin
    select string_agg(problem, e'\n') into problems from (
        select 'table recurd.zones is missing' as problem
        where to_regclass('recurd.zones') is null
        union all
        select format('column %s.%s is %s', tab, col,
                      coalesce(a.atttypid::regtype || ', expected '
                               || array_to_string(types, ' or '), 'missing'))
        from (values ('recurd.zones', '{text,varchar}', array['name']),
                     ('recurd.zones', '{bigint}', array['digest']),
                     ('recurd.zones', '{timestamptz}', array['changed_at']))
             as w (tab, type_list, cols)
        cross join lateral unnest(cols) as col
        cross join lateral cast(type_list as regtype[]) as types
        left join pg_attribute a
             on a.attrelid = to_regclass(tab) and a.attname = col and not a.attisdropped
        where (a.attnum is null or a.atttypid <> all (types))
              and to_regclass(tab) is not null
        union all
        select 'constraint pk_zones on recurd.zones is missing'
        where to_regclass('recurd.zones') is not null
              and not exists (select from pg_constraint
                              where conrelid = to_regclass('recurd.zones') and conname = 'pk_zones')
        union all
        select format('role %s may not %s recurd.zones', name, may)
        from (values ('recurd_worker', 'select'), ('recurd_worker', 'insert'),
                     ('recurd_worker', 'update'), ('recurd_reader', 'select')) as w (name, may)
        where to_regrole(name) is not null
              and has_table_privilege(to_regrole(name), to_regclass('recurd.zones'), may) is not true
        union all
        select format('column %s.%s has no default', tab, col)
        from (values ('recurd.zones', array['changed_at'])) as w (tab, cols)
        cross join lateral unnest(cols) as col
        join pg_attribute a on a.attrelid = to_regclass(tab) and a.attname = col and not a.attisdropped
        where not a.atthasdef
        union all
        select format('column %s.%s may be null', tab, col)
        from (values ('recurd.zones', array['digest', 'changed_at'])) as w (tab, cols)
        cross join lateral unnest(cols) as col
        join pg_attribute a on a.attrelid = to_regclass(tab) and a.attname = col and not a.attisdropped
        where not a.attnotnull
    ) as p (problem);
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
