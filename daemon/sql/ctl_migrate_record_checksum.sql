-- Caller: daemon/ctl/migrate_up.c, with --accept-changes.
update recurd.migrations set checksum = $2::text where number = $1::int;
