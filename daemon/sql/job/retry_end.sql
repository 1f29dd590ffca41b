-- Caller: job/retry.c: when a cause is tried next.
-- $1 kind   $2 cause   $3 tries in vain   $4 pause in microseconds   $5 where a pass over its rows goes on
-- As long as there are suspects that were not tried alone (hunt.c: 7 tries), a proven killer's pause is not theirs.
-- Index: pk_causes, ix_waiting_tried_at.
-- Result: none
update recurd.causes c
   set tries = $3::integer, tried_at = recurd.now(), after = $5,
       next_try_at = recurd.now() + case when c.why = 'killing' and exists (
               select from recurd.waiting w where w.kind = $1 and w.cause = $2 and w.tries < 7)
           then least($4::bigint, 1000000) else $4::bigint end * interval '1 microsecond'
 where c.kind = $1 and c.cause = $2;
