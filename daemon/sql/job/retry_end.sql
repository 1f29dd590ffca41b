-- Caller: job/retry.c: when a cause is tried next.
-- $1 kind   $2 cause   $3 tries in vain   $4 pause in microseconds   $5 where a pass over its rows goes on
-- Index: pk_causes.
-- Result: none
update recurd.causes c
   set tries = $3::integer, tried_at = recurd.now(), after = $5,
       next_try_at = recurd.now() + $4::bigint * interval '1 microsecond'
 where c.kind = $1 and c.cause = $2;
