-- Caller: job/reminder.c, after a worker's start and with each heartbeat, until it returns 0.
-- Reminders whose instant lies before the first worker ever started are not ours to tell: they are
-- marked handled without a word.  Not while the clock stands before live_since: one of them is wrong.
-- $1 at most so many   $2 live_since   $3 tasks to leave out (text[])
-- Index: ix_tasks_pending_remind_at, tasks_pkey.
-- Result: int8
with old as materialized (
    select k.id, k.remind_at
      from {app}.tasks k
     where k.remind_at is not null and not k.is_complete
       and (k.reminded_at is null or k.remind_at > k.reminded_at)
       and k.remind_at < $2 and $2 <= recurd.now()
       and k.id <> all ($3::text[])
     order by k.remind_at
     limit $1
       for no key update skip locked
), handled as (
    update {app}.tasks k set reminded_at = old.remind_at
      from old where k.id = old.id
)
select count(*) from old;
