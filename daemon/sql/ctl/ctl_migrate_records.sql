-- Caller: daemon/ctl/migrate/records.c.  What has been applied; a null applied_at was begun and not finished.
-- Result: int4 text text bool text timestamptz
select number, name, checksum, adopted, accepted, applied_at
  from recurd.migrations
 order by number;
