-- Caller: job/retry.c: rows of a cause that were not tried for longest.
-- $1 kind   $2 cause   $3 at most so many
-- Index: ix_waiting_tried_at.
-- Result: text int4
select w.id, w.tries from recurd.waiting w
 where w.kind = $1 and w.cause = $2
 order by w.tried_at
 limit $3;
