-- Caller: daemon/ctl/migrate/migrate_index.c, before and after an index is built concurrently.
-- $1 name of the index, in the application's schema (by search_path).
-- Returns: whether it is valid; no row when there is none.
-- Result: bool
select indisvalid from pg_catalog.pg_index where indexrelid = pg_catalog.to_regclass($1::text);
