-- Caller: daemon/ctl/migrate/foretell.c.  What this role lacks for a step, a row each; reads catalogs only.
-- $1 text: "needs" of the step's verify file, null: nothing   $2 text: schema of the application's tables
-- $3 boolean: schema recurd and its records may have to be made
-- Index: none.
-- Result: text
with need (word, privilege) as (
    select pg_catalog.split_part(w.word, ':', 1), pg_catalog.split_part(w.word, ':', 2)
    from pg_catalog.regexp_split_to_table($1::text, ' +') as w (word)
), named (oid, tab, relkind, relowner, privilege) as (
    select c.oid, c.oid::regclass::text, c.relkind, c.relowner, n.privilege
    from need as n
    join pg_catalog.pg_namespace as s on s.nspname = $2::text
    join pg_catalog.pg_class as c on c.relnamespace = s.oid and c.relname = pg_catalog.btrim(n.word, '"')
)
select pg_catalog.format('table %s belongs to %s, not to %s: run this as the owner of the application''s tables',
                         t.tab, pg_catalog.pg_get_userbyid(t.relowner), current_user)
from named as t
where t.privilege = '' and not pg_catalog.pg_has_role(t.relowner, 'USAGE')
union all
select pg_catalog.format('table %s belongs to %s; run as that role: grant %3$s on %1$s to %4$I', t.tab,
                         pg_catalog.pg_get_userbyid(t.relowner), t.privilege, current_user)
from named as t
where t.privilege <> '' and not pg_catalog.has_table_privilege(t.oid, t.privilege)
union all
select pg_catalog.format('%s is %s: recurd works on ordinary tables only', t.tab,
                         case t.relkind when 'v' then 'a view' when 'm' then 'a materialized view'
                                        when 'p' then 'a partitioned table' when 'f' then 'a foreign table'
                                        else 'no table' end)
from named as t
where t.relkind <> 'r'
union all
select pg_catalog.format('%s may not create anything in schema %I: run this as the owner of the application''s '
                         'tables, after: grant usage, create on schema %2$I to %1$I', current_user, n.nspname)
from pg_catalog.pg_namespace as n
where n.nspname = $2::text and exists (select from need where word = 'CREATE')
      and not (pg_catalog.has_schema_privilege(n.oid, 'CREATE') and pg_catalog.has_schema_privilege(n.oid, 'USAGE'))
union all
select pg_catalog.format('%s may not create schema recurd in this database; run as its owner: '
                         'grant create on database %I to %1$I', current_user, pg_catalog.current_database())
where $3::boolean and pg_catalog.to_regnamespace('recurd') is null
      and not pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')
union all
select pg_catalog.format('schema recurd is there and belongs to %s: run this as %1$s, or as the owner of the '
                         'database: alter schema recurd owner to %I',
                         pg_catalog.pg_get_userbyid(n.nspowner), current_user)
from pg_catalog.pg_namespace as n
where $3::boolean and n.nspname = 'recurd' and not pg_catalog.has_schema_privilege(n.oid, 'CREATE')
union all
select pg_catalog.format('table recurd.migrations belongs to %s: run this as %1$s',
                         pg_catalog.pg_get_userbyid(c.relowner))
from pg_catalog.pg_class as c
where $3::boolean and c.oid = pg_catalog.to_regclass('recurd.migrations')
      and not pg_catalog.pg_has_role(c.relowner, 'USAGE')
