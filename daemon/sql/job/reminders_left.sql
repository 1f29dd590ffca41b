-- Caller: job/remind.c, for rows of recurd.reminders that wait and were not claimed.
-- Forgets those about which nothing is left to be done: deleted, moved, handled.  The others are locked by somebody
-- else at this moment.
-- $1 kind   $2 ids (text[])
-- Index: pk_waiting, pk_reminders.
-- Result: none
delete from recurd.waiting w
 where w.kind = $1 and w.id = any ($2::text[])
   and (select r.remind_at <= recurd.now() and (r.reminded_at is null or r.remind_at > r.reminded_at)
          from recurd.reminders r where r.id = w.id) is not true;
