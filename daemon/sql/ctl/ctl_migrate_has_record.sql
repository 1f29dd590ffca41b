-- Caller: daemon/ctl/migrate/records.c.  Is this database under recurctl's migrations?
-- Result: bool
select pg_catalog.to_regclass('recurd.migrations') is not null;
