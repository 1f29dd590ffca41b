-- Caller: job/remind.c.
-- Locks due reminders, oldest first; in the other form those that came due last.
-- $1 at most so many   $2 from this instant on   $3 before this one   $4 kind: what waits as such is left
-- to retries, until the application edits it; null: nothing does
-- Index: ix_tasks_pending_remind_at, pk_waiting.
-- Result: text text timestamptz tid
select k.id::text, k.user_id::text, k.remind_at, k.ctid
  from {app}.tasks k
 where k.remind_at is not null and not k.is_complete
   and (k.reminded_at is null or k.remind_at > k.reminded_at)
   and k.remind_at >= $2 and k.remind_at < $3 and k.remind_at <= recurd.now()
   and ($4::text is null or (select true from recurd.waiting w
             where w.kind = $4 and w.id = k.id and w.place = k.ctid) is null)
 order by k.remind_at {other desc}
 limit $1
   for no key update of k skip locked;
