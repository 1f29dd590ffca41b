-- Caller: job/repeat.c, for what waits and was not claimed.
-- Forgets those about which nothing is left to be done; the others are locked by somebody else at this moment.
-- $1 kind   $2 ids (text[])
-- Index: pk_waiting, pk_repeats.
-- Result: none
delete from recurd.waiting w
 where w.kind = $1 and w.id = any ($2::text[])
   and (select r.completed_at is not null and r.failed_at is null
          from recurd.repeats r where r.task_id = w.id) is not true;
