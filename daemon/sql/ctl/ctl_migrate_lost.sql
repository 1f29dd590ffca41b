-- Caller: daemon/ctl/migrate/loss.c.  What PostgreSQL would drop along with columns, without a word: indexes, checks and
-- statistics that are not of recurd's making; reads catalogs only.
-- $1 text[]: tables and views that would go   $2 text[], $3 text[]: columns that would go, and their tables first
-- $4 text: whatever recurd's steps make stands in it by its name
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
    where a.attrelid not in (select g.oid from gone as g where g.oid is not null)
), theirs (name, text) as (
    select coalesce(i.relname, c.conname, s.stxname),
           pg_catalog.format('lost: %s, with column %s', pg_catalog.pg_describe_object(d.classid, d.objid, 0),
                             pg_catalog.string_agg(a.attname, ', ' order by a.attnum))
    from gone_column as g
    join pg_catalog.pg_depend as d
         on d.refclassid = 'pg_class'::regclass and d.refobjid = g.oid and d.refobjsubid = g.num and d.deptype in ('a', 'n', 'i')
    join pg_catalog.pg_attribute as a on a.attrelid = g.oid and a.attnum = g.num
    left join pg_catalog.pg_class as i on d.classid = 'pg_class'::regclass and i.oid = d.objid and i.relkind in ('i', 'I')
    left join pg_catalog.pg_constraint as c on d.classid = 'pg_constraint'::regclass and c.oid = d.objid and c.conrelid = g.oid
    left join pg_catalog.pg_statistic_ext as s on d.classid = 'pg_statistic_ext'::regclass and s.oid = d.objid
    where coalesce(i.oid, c.oid, s.oid) is not null
    group by d.classid, d.objid, i.relname, c.conname, s.stxname
)
select t.text
from theirs as t
where $4::text !~ ('(index|concurrently|exists|constraint|statistics) +' || pg_catalog.regexp_replace(t.name, '([^a-zA-Z0-9_])', '\\\1', 'g')
                   || '($|[^a-zA-Z0-9_])')
order by 1
