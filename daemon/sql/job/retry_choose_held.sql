-- Caller: job/retry.c: the next rows of those that somebody holds.
-- $1 kind   $2 cause   $3 at most so many   $4 after this id
-- Index: that of the cause, or the primary key.
-- Result: text int4
select w.id, w.tries from recurd.waiting w
 where w.kind = $1 and w.cause = $2 and w.id > $4
 order by w.id
 limit $3;
