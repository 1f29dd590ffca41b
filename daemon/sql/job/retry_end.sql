-- Caller: job/retry.c: when a cause is tried next.
-- $1 kind   $2 cause   $3 tries in vain   $4 pause in microseconds   $5 where a pass over its rows goes on
-- Where all that is left are proven killers (job/hunt.h: 7 tries), and none succeeded, 10 s is the least.
-- Index: pk_causes, ix_waiting_tried_at.
-- Result: none
update recurd.causes c
   set tries = $3::integer, tried_at = recurd.now(), after = $5,
       next_try_at = recurd.now() + interval '1 microsecond' * case
           when c.why = 'killing' and $3::integer > 0 and not exists (
                    select from recurd.waiting w where w.kind = $1 and w.cause = $2 and w.tries < 7)
           then greatest($4::bigint, 10000000) else $4::bigint end
 where c.kind = $1 and c.cause = $2;
