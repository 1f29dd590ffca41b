-- Caller: daemon/ctl/migrate/migrate.c, before --zone stands in a statement.
-- $1 what was typed.  Returns whether the server has a time zone of that name: it would take abbreviations and
-- offsets as well, whose signs are the other way round.
-- Index: none.
-- Result: bool
select exists (select from pg_catalog.pg_timezone_names as z where pg_catalog.lower(z.name) = pg_catalog.lower($1));
