-- Caller: web/pool.c, before what writes: recurd.changes says who did it.
-- $1 who; null: nobody says.
-- Result: text
select pg_catalog.set_config('recurd.actor', coalesce($1, ''), true);
