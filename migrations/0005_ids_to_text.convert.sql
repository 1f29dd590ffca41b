-- A shape of the tables that is known, and that the up file changes: ids of uuid that recurd did not make itself.
-- Code of the application's reads them, so that nobody is to learn of it afterwards.  Where no table but tasks
-- refers to them, the up file does it; elsewhere each column that refers to them has to go along.
do $$
declare
    made integer[] := '{}';
    theirs text;
    kept integer;
    lines text;
    columns_n integer;
begin
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
    if theirs is null then
        return;
    end if;
    -- The step that undoing begins behind: what the application has of later ones is its own.
    kept := case when to_regclass('recurring_tasks') is not null then 11 when to_regclass('tags') is not null then 10
                 when exists (select from pg_attribute
                              where attrelid = to_regclass('tasks') and not attisdropped
                                    and attname in ('priority', 'due_date', 'remind_at', 'recurrence_rule')) then 9
                 else 4 end;

    with recursive pairs as (
        select c.oid, c.conrelid, k.col, c.confrelid, k.refers
        from pg_constraint c
        cross join lateral unnest(c.conkey, c.confkey) as k (col, refers)
        where c.contype = 'f' and c.conparentid = 0
    ), reached (tab, col) as (
        select attrelid, attnum
        from pg_attribute
        where attrelid = to_regclass('"user"') and attname = 'id'
              or attrelid = to_regclass('tasks') and attname in ('id', 'user_id')
        union
        select case when p.conrelid = r.tab and p.col = r.col then p.confrelid else p.conrelid end,
               case when p.conrelid = r.tab and p.col = r.col then p.refers else p.col end
        from reached r
        join pairs p on (p.conrelid, p.col) = (r.tab, r.col) or (p.confrelid, p.refers) = (r.tab, r.col)
    ), altered as (
        select a.attrelid, a.attnum, a.attname, pg_get_expr(d.adbin, d.adrelid) as preset
        from reached r
        join pg_attribute a on a.attrelid = r.tab and a.attnum = r.col
        left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum and a.attgenerated = ''
        where a.atttypid = 'uuid'::regtype and a.attinhcount = 0 and not a.attisdropped
    ), keys as (
        select distinct c.oid, c.conname, c.conrelid, c.confrelid,
               translate(pg_get_constraintdef(c.oid), e'\n\r', '  ') as def
        from pairs p
        join pg_constraint c on c.oid = p.oid
        join altered a on (a.attrelid, a.attnum) in ((p.conrelid, p.col), (p.confrelid, p.refers))
    ), held as (
        select distinct format('refused: %s uses %s.%I, whose type becomes text: drop it, and make it again afterwards',
                               pg_describe_object(coalesce(r.object_class, d.classid), coalesce(r.object, d.objid), d.objsubid),
                               a.attrelid::regclass, a.attname) as line
        from altered a
        join pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = a.attrelid
                            and d.refobjsubid = a.attnum
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
    ), tabs as (
        select attrelid::regclass as tab,
               string_agg(format('alter column %1$I type text using %1$I::text', attname), ', ' order by attnum) as there,
               string_agg(case when preset <> ''
                          then format('alter column %1$I drop default, alter column %1$I type uuid using %1$I::uuid,'
                                      ' alter column %1$I set default %2$s', attname, preset)
                          else format('alter column %1$I type uuid using %1$I::uuid', attname) end,
                          ', ' order by attnum) as back,
               string_agg(attrelid::regclass || '.' || attname, ', ' order by attnum) as names
        from altered group by attrelid
    ), counted as (
        select (select count(*) from keys where conname <> 'tasks_user_id_fkey' or conrelid <> to_regclass('tasks')) as others,
               (select count(*) from altered where preset <> '') as presets
    )
    select concat_ws(e'\n',
               'shape: the ids of users and tasks are uuid (' || theirs || ') and become text, which recurd''s tables refer to',
               (select string_agg(line, e'\n' order by line) from held),
               case when others + presets > 0 or kept > 4 then concat_ws(e'\n',
                   (select string_agg(format('run: alter table %s drop constraint %I', conrelid::regclass, conname), e'\n'
                                      order by conrelid::regclass::text, conname) from keys),
                   (select string_agg(format('run: alter table %s %s', tab, there), e'\n' order by tab::text) from tabs),
                   (select string_agg(format('run: alter table %s add constraint %I %s', conrelid::regclass, conname, def), e'\n'
                                      order by conrelid::regclass::text, conname) from keys),
                   'undo: recurctl migrate down --to ' || case kept when 4 then 5 else kept end,
                   (select string_agg(format('undo: alter table %s drop constraint %I', conrelid::regclass, conname), e'\n'
                                      order by conrelid::regclass::text, conname) from keys),
                   (select string_agg(format('undo: alter table %s %s', tab, back), e'\n' order by tab::text) from tabs),
                   (select string_agg(format('undo: alter table %s add constraint %I %s', conrelid::regclass, conname, def), e'\n'
                                      order by conrelid::regclass::text, conname) from keys))
               else 'undo: recurctl migrate down --to 4' end,
               'note: the type changes of ' || (select string_agg(names, ', ' order by tab::text) from tabs)
               || '; their tables are rewritten under an exclusive lock',
               'note: foreign keys that follow: '
               || (select string_agg(format('%s of %s', conname, conrelid::regclass), ', ' order by conrelid::regclass::text, conname)
                   from keys),
               'note: from then on the application must read, write and compare these ids as text: its models (uuid.UUID, Uuid,'
               ' @db.Uuid), casts (::uuid) and comparisons with columns of uuid')
    into lines
    from counted;
    raise exception '%', lines;
end
$$;
