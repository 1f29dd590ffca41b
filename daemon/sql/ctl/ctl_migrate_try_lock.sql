-- Caller: daemon/ctl/migrate/migrator.c.  One migrator at a time; held until the connection ends.
-- Result: bool
select pg_catalog.pg_try_advisory_lock($1::bigint);
