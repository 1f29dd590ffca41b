-- Caller: daemon/ctl/migrate/migrate_down.c.
delete from recurd.migrations where number = $1::int;
