-- Caller: job/retry.c: the next rows of those that somebody holds.
-- $1 kind   $2 at most so many   $3 after this id
-- Index: ix_waiting_held.
-- Result: text int4
select w.id, w.tries from recurd.waiting w
 where w.kind = $1 and w.cause = 'held' and w.id > $3
 order by w.id
 limit $2;
