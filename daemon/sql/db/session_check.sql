-- Caller: db/fitness.c, first flight on every new connection; reads catalogs only, so that it works
-- whatever state the database is in.
-- $1 schema of the application's tables   $2 tables and columns needed ("tasks.reminded_at",
-- "recurd.settings.live_since"), and functions ("recurd.keys_from()")   $3 indexes needed, of the application's schema; "ux..." must be unique
-- Returns: standby, deadlock_timeout in ms, missing objects (comma list, null: none), tables whose
-- row-level security applies to us (comma list, null: none), the backend's process id, what stands in the
-- place of a table or rewrites what is written to it (sentences, null: nothing), the database's encoding.  A view's trigger may say
-- that it wrote a row and write none, and statements that return what they wrote admit no rules.
-- Result: bool int8 text text int4 text text
select pg_catalog.pg_is_in_recovery(),
       (select setting::bigint from pg_catalog.pg_settings where name = 'deadlock_timeout'),
       (select pg_catalog.string_agg(wanted, ', ')
          from (select w as wanted
                  from pg_catalog.unnest($2::text[]) w,
                       lateral (select pg_catalog.regexp_replace(w, '[.][^.]*$', '') as rel,
                                       pg_catalog.regexp_replace(w, '^.*[.]', '') as col) p
                 where not exists (
                       select from pg_catalog.pg_attribute a
                        where a.attrelid = pg_catalog.to_regclass(
                                  case when p.rel like 'recurd.%' then p.rel
                                       else pg_catalog.quote_ident($1) || '.' || p.rel end)
                          and a.attname = p.col and not a.attisdropped)
                   and pg_catalog.to_regprocedure(case when w like '%()' then w end) is null
                union all
                select 'index ' || i
                  from pg_catalog.unnest($3::text[]) i
                 where not exists (
                       select from pg_catalog.pg_index x
                        where x.indexrelid = pg_catalog.to_regclass(
                                  pg_catalog.quote_ident($1) || '.' || i)
                          and x.indisvalid and x.indisready
                          and (x.indisunique or i not like 'ux%'))) missing),
       (select pg_catalog.string_agg(r, ', ')
          from pg_catalog.unnest({guarded tables}) r
         where pg_catalog.row_security_active(pg_catalog.to_regclass(
                   case when r like 'recurd.%' then r else pg_catalog.quote_ident($1) || '.' || r end))),
       pg_catalog.pg_backend_pid(),
       (select pg_catalog.string_agg(sentence, '; ')
          from (select c.oid, n.nspname || '.' || c.relname as name, c.relkind
                  from pg_catalog.pg_class c
                  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                 where n.nspname = $1 and c.relname in ('tasks', 'recurring_tasks', 'task_tags')
                    or n.nspname = 'recurd' and c.relname in ('template_tags', 'preferences', 'notifications',
                       'decisions', 'settings', 'workers', 'zones', 'causes', 'waiting', 'consumers', 'reminders')) t,
               lateral (select t.name || ' is no table: recurd needs the table itself under that name'
                         where t.relkind not in ('r', 'p')
                        union all
                        select 'rule ' || r.rulename || ' rewrites what is written to ' || t.name
                               || ': drop it; a trigger can do the same'
                          from pg_catalog.pg_rewrite r
                         where r.ev_class = t.oid and r.ev_type in ('2', '3') and r.ev_enabled <> 'D'
                               and t.relkind in ('r', 'p')) s (sentence)),
       pg_catalog.getdatabaseencoding()::text;
