-- Caller: daemon/ctl/migrate/migrator.c, while another migrator is at work.
-- $1 key of the lock.  Returns the holder in words; no row when it is gone.
-- Result: text
select pg_catalog.format('pid %s, user %s, connected since %s', a.pid, a.usename,
           pg_catalog.date_trunc('second', a.backend_start))
  from pg_catalog.pg_locks l
  join pg_catalog.pg_stat_activity a using (pid)
 where l.locktype = 'advisory' and l.granted and l.objsubid = 1
   and l.database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
   and l.classid::bigint = $1::bigint >> 32 and l.objid::bigint = $1::bigint & 4294967295;
