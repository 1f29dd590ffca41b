-- Caller: job/retry.c: these had their turn, although some are locked by somebody at this moment: next time
-- others have theirs.
-- $1 kind   $2 ids (text[])
-- Index: pk_waiting.
-- Result: none
update recurd.waiting w set tried_at = recurd.now() where w.kind = $1 and w.id = any ($2::text[]);
