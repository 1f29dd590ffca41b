-- recurctl status: the highest migration that was applied.
-- Index: the primary key.
-- Result: int8
select coalesce(max(m.number), 0)::bigint
from recurd.migrations as m
where m.applied_at is not null
