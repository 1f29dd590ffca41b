-- Caller: job/remind.c, for what waits and was not claimed.
-- Forgets those about which nothing is left to be done: deleted, moved, completed, handled.  The others are
-- locked by somebody else at this moment.  One lookup by id each: conditions
-- would invite a join, or the index of what is pending, and that is read whole then.
-- $1 kind   $2 ids (text[])
-- Index: pk_waiting, tasks_pkey.
-- Result: none
delete from recurd.waiting w
 where w.kind = $1 and w.id = any ($2::text[])
   and (select k.remind_at <= recurd.now() and not k.is_complete
               and (k.reminded_at is null or k.remind_at > k.reminded_at)
          from {app}.tasks k where k.id = w.id) is not true;
