-- Caller: daemon/ctl/migrate/migrate_down.c.
-- Result: none
delete from recurd.migrations where number = $1::int;
