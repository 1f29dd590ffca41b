-- Caller: job/waiting.c: these need not wait any more.
-- $1 kind   $2 ids (text[])
-- Index: pk_waiting.
-- Result: none
delete from recurd.waiting w where w.kind = $1 and w.id = any ($2::text[]);
