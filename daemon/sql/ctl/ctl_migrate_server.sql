-- Caller: daemon/ctl/migrate/migrator.c, first on every connection.
-- $1 schema of the application's tables.
-- Returns: server version, whether it is a standby, pid of the backend, whether the schema is there, the
-- schema whose tables have recurd's triggers (null: none has).
-- Result: int4 bool int4 bool text
select pg_catalog.current_setting('server_version_num')::int, pg_catalog.pg_is_in_recovery(),
       pg_catalog.pg_backend_pid(),
       exists (select from pg_catalog.pg_namespace where nspname = $1::text),
       (select n.nspname::text
        from pg_catalog.pg_trigger as t
        join pg_catalog.pg_class as c on c.oid = t.tgrelid
        join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
        join pg_catalog.pg_proc as f on f.oid = t.tgfoid
        where t.tgname = 'recurd_template_changed' and c.relname = 'recurring_tasks'
              and f.pronamespace = pg_catalog.to_regnamespace('recurd')
        order by n.nspname <> $1::text
        limit 1);
