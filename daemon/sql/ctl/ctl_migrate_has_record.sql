-- Caller: daemon/ctl/migrate/migrator.c.  Is this database under recurctl's migrations?
-- Result: bool
select pg_catalog.to_regclass('recurd.migrations') is not null;
