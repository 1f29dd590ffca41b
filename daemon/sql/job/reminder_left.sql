-- Caller: job/remind.c, for what waits and was not claimed.
-- Forgets those about which nothing is left to be done: deleted, moved, completed, handled.  The others are
-- locked by somebody else at this moment.  One lookup each: as a join, all that is pending would be read.
-- $1 kind   $2 ids (text[])
-- Index: pk_waiting, tasks_pkey.
-- Result: none
delete from recurd.waiting w
 where w.kind = $1 and w.id = any ($2::text[])
   and (select true from {app}.tasks k
         where k.id = w.id and k.remind_at <= recurd.now() and not k.is_complete
           and (k.reminded_at is null or k.remind_at > k.reminded_at)) is null;
