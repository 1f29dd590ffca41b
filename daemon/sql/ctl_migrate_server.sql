-- Caller: daemon/ctl/migrator.c, first on every connection.
-- $1 schema of the application's tables.
-- Returns: server version, whether it is a standby, pid of the backend, whether the schema is there.
select pg_catalog.current_setting('server_version_num')::int, pg_catalog.pg_is_in_recovery(),
       pg_catalog.pg_backend_pid(),
       exists (select from pg_catalog.pg_namespace where nspname = $1::text);
