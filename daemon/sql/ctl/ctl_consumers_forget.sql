-- recurctl consumers --forget: one that is no more.
-- $1 name
-- Index: pk_consumers.
-- Result: text int8
delete from recurd.consumers as c where c.name = $1
returning c.name, c.done_through
