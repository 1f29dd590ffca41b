-- recurctl preflight: since when workers have been at work, recurd's clock, and which level of the schema
-- a program must know.
-- Index: none, one row.
-- Result: timestamptz timestamptz bool int4
select s.live_since, recurd.now(), recurd.now() = pg_catalog.now(), s.compatible_from
from recurd.settings as s
