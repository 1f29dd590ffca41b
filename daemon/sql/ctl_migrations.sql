-- recurctl preflight: the steps of the schema that are applied.
-- Index: the primary key.
select m.number
from recurd.migrations as m
where m.applied_at is not null
order by m.number
