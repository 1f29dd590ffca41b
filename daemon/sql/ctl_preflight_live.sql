-- recurctl preflight: since when workers have been at work, and recurd's clock.
-- Index: none, one row.
select s.live_since, recurd.now(), recurd.now() = pg_catalog.now()
from recurd.settings as s
