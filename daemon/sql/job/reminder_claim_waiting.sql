-- Caller: job/remind.c, for what waits.
-- Like reminder_claim, for these tasks, as far as their reminder is still pending.
-- $1 ids (text[])   $2 from this instant on   $3 before this one
-- Index: tasks_pkey.
-- Result: text text timestamptz tid
select k.id::text, k.user_id::text, k.remind_at, k.ctid
  from {app}.tasks k
 where k.id = any ($1::text[]) and k.remind_at is not null and not k.is_complete
   and (k.reminded_at is null or k.remind_at > k.reminded_at)
   and k.remind_at >= $2 and k.remind_at < $3 and k.remind_at <= recurd.now()
 order by k.id
   for no key update of k skip locked;
