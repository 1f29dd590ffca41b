-- Caller: daemon/ctl/migrate/migrate_down.c, where no worker is known: its table may be gone.
-- Returns: a description each of the sessions that call themselves recurd.
-- Index: none.
-- Result: text
select pg_catalog.format('session recurd (pid %s on %s, user %s, since %s)', a.pid,
                         coalesce(pg_catalog.host(a.client_addr), 'this host'), a.usename,
                         pg_catalog.date_trunc('second', a.backend_start))
  from pg_catalog.pg_stat_activity a
 where a.datname = pg_catalog.current_database() and a.application_name = 'recurd'
       and a.pid <> pg_catalog.pg_backend_pid()
 order by a.backend_start, a.pid;
