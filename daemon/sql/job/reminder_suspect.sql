-- Caller: job/reminder.c, when a batch of one was refused: which one was it?
-- $1 from this instant on   $2 before this one   $3 tasks to leave out (text[])   $4 this task only
-- (text, null: all)
-- Index: ix_tasks_pending_remind_at.
-- Result: text
select k.id::text
  from {app}.tasks k
 where k.remind_at is not null and not k.is_complete
   and (k.reminded_at is null or k.remind_at > k.reminded_at)
   and k.remind_at >= $1 and k.remind_at < $2 and k.remind_at <= recurd.now()
   and k.id <> all ($3::text[])
   and ($4::text is null or k.id = $4::text)
 order by k.remind_at
 limit 1
   for no key update skip locked;
