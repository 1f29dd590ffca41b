-- Caller: daemon/ctl/migrate/migrate_up.c, with --accept-changes.
-- $1 the step's number   $2 its checksum
-- Result: none
update recurd.migrations set checksum = $2::text where number = $1::int;
