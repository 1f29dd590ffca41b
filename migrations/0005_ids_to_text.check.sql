-- Names what the up file would fail over; silent when nothing is in its way.
do $$
declare
    made integer[] := '{}';
    theirs text;
    problems text;
    orphans text;
begin
    -- Ids that recurd did not make itself: the convert file says what becomes of them, and of what holds on to them.
    if to_regclass('recurd.migrations') is not null then
        execute 'select coalesce(array_agg(number), ''{}'') from recurd.migrations where number <= 2 and not adopted' into made;
    end if;
    select string_agg(attrelid::regclass || '.' || attname, ', ' order by attrelid <> to_regclass('"user"'), attnum)
               filter (where case when attrelid = to_regclass('tasks') then 2 else 1 end <> all (made))
    into theirs
    from pg_attribute
    where atttypid = 'uuid'::regtype and not attisdropped
          and (attrelid = to_regclass('"user"') and attname = 'id'
               or attrelid = to_regclass('tasks') and attname in ('id', 'user_id'));

    -- What holds on to a column whose type changes.
    with altered as (
        select attrelid, attnum, attrelid::regclass || '.' || attname as name
        from pg_attribute
        where atttypid = 'uuid'::regtype and not attisdropped and theirs is null
              and (attrelid = to_regclass('"user"') and attname = 'id'
                   or attrelid = to_regclass('tasks') and attname in ('id', 'user_id'))
    )
    select string_agg(problem, e'\n' order by problem) into problems from (
        select distinct format('foreign key %I of table %s holds %s to its type, which becomes text: drop it (its own'
                               ' column may become text and refer again)', conname, conrelid::regclass, name)
        from altered
        join pg_constraint
             on contype = 'f' and not (conrelid = to_regclass('tasks') and conname = 'tasks_user_id_fkey')
                and (confrelid = attrelid and attnum = any (confkey) or conrelid = attrelid and attnum = any (conkey))
        union all
        select distinct format('%s uses %s, whose type becomes text: drop it, and make it again afterwards',
                               pg_describe_object(coalesce(r.object_class, d.classid),
                                                  coalesce(r.object, d.objid), d.objsubid), name)
        from altered
        join pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = attrelid
                            and d.refobjsubid = attnum
        left join lateral (select 'pg_class'::regclass::oid, ev_class from pg_rewrite  -- a view is its rule
                           where oid = d.objid and d.classid = 'pg_rewrite'::regclass and rulename = '_RETURN')
             as r (object_class, object)
             on true
        where d.classid in ('pg_rewrite'::regclass, 'pg_policy'::regclass, 'pg_proc'::regclass,
                            'pg_publication_rel'::regclass)
              or d.classid = 'pg_attrdef'::regclass  -- of a generated column
                 and exists (select from pg_attrdef e
                             join pg_attribute g on g.attrelid = e.adrelid and g.attnum = e.adnum
                             where e.oid = d.objid and g.attgenerated <> '')
              or d.classid = 'pg_class'::regclass  -- the same, before PostgreSQL 15
                 and exists (select from pg_attribute g
                             where g.attrelid = d.objid and g.attnum = d.objsubid and g.attgenerated <> '')
              or d.classid = 'pg_trigger'::regclass
                 and exists (select from pg_trigger where oid = d.objid and not tgisinternal)
    ) as p (problem);
    problems := coalesce('the ids of users and tasks are uuid (' || theirs || ') and become text, which recurd''s tables refer to',
                         problems);

    -- The foreign key that it adds.  (A column that is missing is named by the verify files.)
    if (select count(*) = 3 from pg_attribute
        where attrelid = to_regclass('tasks') and attname in ('id', 'user_id')
              or attrelid = to_regclass('"user"') and attname = 'id')
       and not exists (select from pg_constraint
                       where contype = 'f' and conrelid = to_regclass('tasks') and confrelid = to_regclass('"user"')) then
        execute $q$
            select format('%s tasks belong to no user, for instance %s: tasks_user_id_fkey cannot be added; remove them,'
                          ' or add their users', max(total), string_agg(quote_literal(left(id, 60)), ', '))
            from (select t.id::text, count(*) over () as total
                  from tasks t
                  where t.user_id is not null
                        and not exists (select from "user" u where u.id::text = t.user_id::text)
                  order by 1 limit 3) as d
            having count(*) > 0
        $q$ into orphans;
        problems := nullif(concat_ws(e'\n', problems, orphans), '');
    end if;
    if to_regclass('"user"') is null
       and exists (select from pg_attribute where attrelid = to_regclass('tasks') and attname = 'user_id') then
        execute $q$
            select 'table "user" is missing, and there are tasks: tasks_user_id_fkey cannot be added; bring the table back'
            from tasks where user_id is not null limit 1
        $q$ into orphans;
        problems := nullif(concat_ws(e'\n', problems, orphans), '');
    end if;
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
