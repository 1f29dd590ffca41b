-- Caller: job/generate.c, for what waits and was not claimed.
-- Forgets those about which nothing is left to be done: deleted, moved, paused, done.  The others are
-- locked by somebody else at this moment.  One lookup by id each: conditions
-- would invite a join, or the index of what is due, and that is read whole then.
-- $1 kind   $2 ids (text[])
-- Index: pk_waiting, pk_recurring_tasks.
-- Result: none
delete from recurd.waiting w
 where w.kind = $1 and w.id = any ($2::text[])
   and (select t.failed_at is null
               and case when $1 = 'replan'
                        then t.replan_at is not null and (t.is_active or t.ended_at is not null)
                        when $1 = 'policed' then t.is_active and t.wake_at is not null and t.wake_at <= recurd.now()
                        else t.is_active and t.wake_at is null and t.next_due_at <= recurd.now() end
          from {app}.recurring_tasks t where t.id = w.id) is not true;
