-- Caller: daemon/ctl/ctl.c and daemon/ctl/migrate/migrator.c, on a second connection while a statement waits.
-- $1 pid of the waiting backend.  Returns who keeps it waiting, in words; null: nobody.  Of sessions of others a role
-- without rights sees no more than who they are.
-- Result: text
select pg_catalog.string_agg(pg_catalog.format('pid %s (user %s, %s%s%s)',
           a.pid, a.usename, coalesce(nullif(a.application_name, ''), 'unnamed'), ', ' || a.state,
           ', in its transaction for '
               || pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - a.xact_start)::bigint || ' s'), ', ')
  from pg_catalog.pg_stat_activity a
 where a.pid = any (pg_catalog.pg_blocking_pids($1::int));
