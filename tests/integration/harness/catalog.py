"""What stands in a database, from its catalogs: every object and right with what takes it away, and all of it as text."""

from collections import namedtuple

Object = namedtuple("Object", "kind name tab drop")

# Every index, constraint, trigger, function, view and column that is there, from the catalogs.
OBJECTS = """
    with mine as (
        select c.oid, c.relkind, c.oid::regclass::text as name from pg_class c
         where relnamespace in ('public'::regnamespace, 'recurd'::regnamespace) and c.oid <> 'recurd.migrations'::regclass
    )
    select 'index' as kind, m.name, null as tab, format('drop index %s', m.name) as drop
      from mine m join pg_index i on i.indexrelid = m.oid
     where not exists (select from pg_constraint where conindid = m.oid and contype in ('p', 'u'))
           and i.indrelid <> 'recurd.migrations'::regclass
    union all
    select 'constraint', conname, m.name, format('alter table %s drop constraint %I cascade', m.name, conname)
      from mine m join pg_constraint on conrelid = m.oid where contype in ('p', 'u', 'f', 'c')
    union all
    select 'trigger', tgname, m.name, format('drop trigger %I on %s', tgname, m.name)
      from mine m join pg_trigger on tgrelid = m.oid where not tgisinternal
    union all
    select 'disabled trigger', tgname, m.name, format('alter table %s disable trigger %I', m.name, tgname)
      from mine m join pg_trigger on tgrelid = m.oid where not tgisinternal
    union all
    select 'function', f.oid::regprocedure::text, null, format('drop function %s cascade', f.oid::regprocedure)
      from pg_proc f where pronamespace in ('public'::regnamespace, 'recurd'::regnamespace)
    union all
    select 'view', m.name, null, format('drop view %s cascade', m.name) from mine m where relkind = 'v'
    union all
    select 'default', attname, m.name, format('alter table %s alter %I drop default', m.name, attname)
      from mine m join pg_attribute a on attrelid = m.oid
      join pg_attrdef d on d.adrelid = m.oid and d.adnum = a.attnum where m.name like 'recurd.%' and m.relkind = 'r'
    union all
    select 'sequence', attname, m.name, format('alter table %s alter %I drop identity', m.name, attname)
      from mine m join pg_attribute on attrelid = m.oid where attidentity <> '' and m.relkind = 'r'
    union all
    select 'null', attname, m.name, format('alter table %s alter %I drop not null', m.name, attname)
      from mine m join pg_attribute a on attrelid = m.oid
     where relkind = 'r' and m.name like 'recurd.%' and attnum > 0 and attnotnull and attidentity = '' and not attisdropped
           and not exists (select from pg_index i where i.indrelid = m.oid and indisprimary and attnum = any (indkey))
    union all
    select 'security', f.oid::regprocedure::text, null,
           format('alter function %s security %s', f.oid::regprocedure, case when prosecdef then 'invoker' else 'definer' end)
      from pg_proc f where pronamespace = 'recurd'::regnamespace
    union all
    select 'search_path', f.oid::regprocedure::text, null, format('alter function %s reset search_path', f.oid::regprocedure)
      from pg_proc f where pronamespace = 'recurd'::regnamespace and prosecdef
    union all
    select 'search_path', f.oid::regprocedure::text, 'set', format('alter function %s set search_path = public', f.oid::regprocedure)
      from pg_proc f where pronamespace = 'recurd'::regnamespace and prosecdef
    union all
    select 'view security', m.name, null, format('alter view %s set (security_invoker)', m.name) from mine m where relkind = 'v'
           and current_setting('server_version_num')::integer >= 150000
    union all
    select 'column', attname, m.name, format('alter table %s drop column %I cascade', m.name, attname)
      from mine m join pg_attribute on attrelid = m.oid where relkind = 'r' and attnum > 0 and not attisdropped
    order by 1, 3, 2
"""

# Every single right of somebody who is not the owner, on tables, columns, sequences, functions and schemas.
RIGHTS = """
    with acl as (
        select format('on %s', c.oid::regclass) as place, relacl as acl, relowner as owner,
               case relkind when 'S' then 'sequence ' else '' end as what, c.oid::regclass::text as name, null as col
          from pg_class c where relnamespace in ('public'::regnamespace, 'recurd'::regnamespace)
        union all
        select null, attacl, relowner, '', c.oid::regclass::text, attname
          from pg_attribute join pg_class c on c.oid = attrelid
         where relnamespace in ('public'::regnamespace, 'recurd'::regnamespace) and not attisdropped
        union all
        select null, proacl, proowner, 'function ', f.oid::regprocedure::text, null
          from pg_proc f where pronamespace = 'recurd'::regnamespace
        union all
        select null, nspacl, nspowner, 'schema ', nspname, null from pg_namespace where nspname in ('public', 'recurd')
    )
    select 'right' as kind, a.privilege_type || ' ' || name || coalesce('.' || col, '') as name, null as tab,
           format('revoke %s%s on %s%s from %s', a.privilege_type, coalesce(' (' || quote_ident(col) || ')', ''), what, name,
                  a.grantee::regrole) as drop
      from acl, aclexplode(acl) a
     where a.grantee <> owner and a.grantee <> 0 and a.grantee::regrole::text like 'recurd%'
    union all
    select 'open function', f.oid::regprocedure::text, null, format('grant execute on function %s to public', f.oid::regprocedure)
      from pg_proc f where pronamespace = 'recurd'::regnamespace
           and not has_function_privilege('public', f.oid, 'execute')
    union all
    select 'right', 'now', null, 'revoke execute on function recurd.now() from public'
    union all
    select 'right', 'recurd.migrations', null, 'revoke select on recurd.migrations from public'
"""


# All of it as text, a line each, to be compared; what a role may is in it, not how that was written down.
SCHEMA = """
    with mine as (
        select * from pg_class
         where relnamespace in ('public'::regnamespace, 'recurd'::regnamespace) and oid <> 'recurd.migrations'::regclass
    )
    select 'index ' || pg_get_indexdef(indexrelid) || indisvalid::text as line from pg_index where indexrelid in (select oid from mine)
    union all
    select 'constraint ' || conname || ' ' || conrelid::regclass || pg_get_constraintdef(oid) || convalidated::text from pg_constraint
     where conrelid in (select oid from mine)
    union all
    select 'trigger ' || pg_get_triggerdef(oid) || tgenabled::text from pg_trigger where tgrelid in (select oid from mine) and not tgisinternal
    union all
    select 'function ' || pg_get_functiondef(oid) from pg_proc
     where pronamespace in ('public'::regnamespace, 'recurd'::regnamespace)
    union all
    select 'view ' || oid::regclass || pg_get_viewdef(oid) || coalesce(reloptions::text, '') from mine where relkind = 'v'
    union all
    select 'column ' || attrelid::regclass || '.' || attname || format_type(atttypid, atttypmod) || attidentity::text || attnotnull::text
           || coalesce(pg_get_expr(adbin, adrelid), '')
      from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
     where attrelid in (select oid from mine where relkind = 'r') and attnum > 0 and not attisdropped
    union all
    select 'comment ' || objoid::regclass || description from pg_description where objoid in (select oid from mine)
    union all
    select format('right %s %s %s', name, case when grantee = 0 then 'everybody' else grantee::regrole::text end, privilege_type)
      from (select oid::regclass::text as name, coalesce(relacl, acldefault((case relkind when 'S' then 's' else 'r' end)::"char", relowner)) as acl
              from pg_class where relnamespace in ('public'::regnamespace, 'recurd'::regnamespace)
            union all
            select oid::regprocedure::text, coalesce(proacl, acldefault('f', proowner)) from pg_proc
             where pronamespace = 'recurd'::regnamespace
            union all
            select attrelid::regclass || '.' || attname, attacl from pg_attribute where attacl is not null and not attisdropped
            union all
            select nspname, nspacl from pg_namespace where nspname in ('public', 'recurd')) acl, aclexplode(acl)
"""
