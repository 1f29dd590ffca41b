-- Caller: daemon/ctl/migrate/migrate_up.c.
-- $1 number   $2 name   $3 checksum of the up file   $4 whether its objects were there before
-- Result: none
insert into recurd.migrations (number, name, checksum, adopted)
values ($1::int, $2::text, $3::text, $4::bool)
on conflict (number) do update set checksum = excluded.checksum;
