-- recurctl simulate: recurd's clock, and since when workers have been at work: from now on, where none has yet.
-- Index: none, one row.
-- Result: timestamptz timestamptz
select recurd.now(), coalesce(s.live_since, recurd.now())
from recurd.settings as s
