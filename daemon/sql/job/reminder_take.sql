-- Caller: job/reminder.c.
-- Takes due reminders: marks them handled, writes their notifications, returns them, oldest first.
-- $1 at most so many   $2 due from here on: nothing older was seen, or it is from before live_since
-- and not ours to tell   $3 tasks to leave out (text[])   $4 this task only (text, null: all)
-- Index: ix_tasks_pending_remind_at, tasks_pkey.
-- Result: text text timestamptz text
with due as materialized (
    select k.id, k.user_id, k.recurring_task_id, k.remind_at,
           recurd.notification_key('reminder', k.id, k.remind_at) as key
      from {app}.tasks k
     where k.remind_at is not null and not k.is_complete
       and (k.reminded_at is null or k.remind_at > k.reminded_at)
       and k.remind_at >= $2 and k.remind_at <= recurd.now()
       and k.id <> all ($3::text[])
       and ($4::text is null or k.id = $4::text)
     order by k.remind_at
     limit $1
       for no key update skip locked
), handled as (
    update {app}.tasks k set reminded_at = due.remind_at
      from due where k.id = due.id
), told as (
    insert into recurd.notifications (key, kind, user_id, task_id, template_id, at)
    select key, 'reminder', user_id, id, recurring_task_id, remind_at
      from due
    {on conflict}
)
select id::text, user_id::text, remind_at, key from due order by remind_at;
