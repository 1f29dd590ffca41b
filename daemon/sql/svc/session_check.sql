-- Caller: db/fitness.c, first flight on every new connection; reads catalogs only, so that it works
-- whatever state the database is in.
-- $1 schema of the application's tables   $2 tables and columns needed ("tasks.reminded_at",
-- "recurd.settings.live_since")   $3 indexes needed, of the application's schema; "ux..." must be unique
-- Returns: standby, deadlock_timeout in ms, missing objects (comma list, null: none), tables whose
-- row-level security applies to us (comma list, null: none), the backend's process id.
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
          from pg_catalog.unnest(array['tasks', 'recurring_tasks']) r
         where pg_catalog.row_security_active(
                   pg_catalog.to_regclass(pg_catalog.quote_ident($1) || '.' || r))),
       pg_catalog.pg_backend_pid();
