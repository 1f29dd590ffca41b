-- Caller: job/generate.c, for what waits and was not claimed.
-- Forgets those about which nothing is left to be done: deleted, moved, paused, done.  The others are
-- locked by somebody else at this moment.  One lookup each: as a join, all that is due would be read.
-- $1 kind   $2 ids (text[])
-- Index: pk_waiting, pk_recurring_tasks.
-- Result: none
delete from recurd.waiting w
 where w.kind = $1 and w.id = any ($2::text[])
   and (select true from {app}.recurring_tasks t
         where t.id = w.id and t.failed_at is null
           and case when $1 = 'replan'
                    then t.replan_at is not null and (t.is_active or t.ended_at is not null)
                    else t.is_active and t.next_due_at <= recurd.now() end) is null;
