-- Caller: daemon/ctl/migrate/loss.c.  What of others holds on to what `recurctl migrate down` would drop; reads
-- catalogs only.
-- $1 text[]: tables and views that would go   $2 text[], $3 text[]: columns that would go, and their tables first
-- Returns: a sentence each.
-- Index: none.
-- Result: text
with gone (oid) as (
    select pg_catalog.to_regclass(t.name)::oid from pg_catalog.unnest($1::text[]) as t (name)
), gone_column (oid, num) as (
    select a.attrelid, a.attnum
    from rows from (pg_catalog.unnest($2::text[]), pg_catalog.unnest($3::text[])) as c (tab, name)
    join pg_catalog.pg_attribute as a
         on a.attrelid = pg_catalog.to_regclass(c.tab) and a.attname = c.name and not a.attisdropped
)
select distinct pg_catalog.format('%s holds on to %s: drop it, or undo fewer steps',
                                  pg_catalog.pg_describe_object(coalesce(case when v.oid is not null then 'pg_class'::regclass::oid end,
                                                                         d.classid), coalesce(v.ev_class, d.objid), d.objsubid),
                                  pg_catalog.pg_describe_object(d.refclassid, d.refobjid, case when d.refobjid in (select oid from gone) then 0
                                                                                          else d.refobjsubid end))
from pg_catalog.pg_depend as d
left join pg_catalog.pg_rewrite as v on d.classid = 'pg_rewrite'::regclass and v.oid = d.objid and v.rulename = '_RETURN'
left join pg_catalog.pg_class as w on w.oid = v.ev_class
left join pg_catalog.pg_constraint as c on d.classid = 'pg_constraint'::regclass and c.oid = d.objid
left join pg_catalog.pg_trigger as t on d.classid = 'pg_trigger'::regclass and t.oid = d.objid
left join pg_catalog.pg_proc as p on d.classid = 'pg_proc'::regclass and p.oid = d.objid
left join pg_catalog.pg_attrdef as f on d.classid = 'pg_attrdef'::regclass and f.oid = d.objid
where d.refclassid = 'pg_class'::regclass
      and (d.deptype = 'n'
           -- A generated column, before PostgreSQL 15, where it would go without a word.
           or d.classid = 'pg_class'::regclass
              and exists (select from pg_catalog.pg_attribute as a
                          where a.attrelid = d.objid and a.attnum = d.objsubid and a.attgenerated <> ''
                                and not exists (select from gone_column as g where g.oid = a.attrelid and g.num = a.attnum)))
      and (d.refobjid in (select oid from gone)
           or exists (select from gone_column as g where g.oid = d.refobjid and g.num = d.refobjsubid))
      -- Not what goes along.
      and not exists (select from gone as g where g.oid in (v.ev_class, c.conrelid, t.tgrelid, f.adrelid)
                                                  or d.classid = 'pg_class'::regclass and g.oid = d.objid)
      and not exists (select from gone_column as g where g.oid = c.conrelid and g.num = any (c.conkey))
      and (w.relnamespace = pg_catalog.to_regnamespace('recurd') or p.pronamespace = pg_catalog.to_regnamespace('recurd')
           or t.tgname like 'recurd\_%') is not true
order by 1
