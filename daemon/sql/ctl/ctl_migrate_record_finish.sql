-- Caller: daemon/ctl/migrate/migrate_up.c.
-- $1 number   $2 deviations that were accepted at adoption, a line each, or null
-- Result: none
update recurd.migrations
   set applied_at = pg_catalog.now(), accepted = $2::text
 where number = $1::int;
