-- Caller: job/remind.c, in plain batches.
-- Takes due reminders: marks them handled, writes their notifications, returns them, oldest first.
-- Handled to the end of its second: applications that keep milliseconds, or round, write remind_at back with
-- other microseconds than they read, and that is no new reminder.
-- $1 at most so many   $2 due from here on: nothing older was seen, or it is from before live_since
-- and not ours to tell   $3 something waits: look for it
-- Returns last, in each row, how many were marked and told: a trigger, a rule or a policy of the
-- application's can drop a row, or undo what is written, without an error.
-- Index: ix_tasks_pending_remind_at, tasks_pkey, pk_waiting.
-- Result: text text timestamptz int8 int8
with due as materialized (
    select k.id, k.user_id, k.recurring_task_id, k.remind_at,
           {reminder key} as key
      from {app}.tasks k
     where k.remind_at is not null and not k.is_complete
       and (k.reminded_at is null or k.remind_at > k.reminded_at)
       and k.remind_at >= $2 and k.remind_at <= recurd.now()
       and (not $3 or (select true from recurd.waiting w
             where w.kind = 'remind' and w.id = k.id and w.place = k.ctid) is null)
     order by k.remind_at
     limit $1
       for no key update of k skip locked
), handled as (
    update {app}.tasks k set reminded_at = pg_catalog.date_trunc('second', due.remind_at) + interval '999999 us'
      from due where k.id = due.id
    returning k.reminded_at >= due.remind_at as so
), told as (
    insert into recurd.notifications (key, kind, user_id, task_id, template_id, at)
    select key, 'reminder', user_id, id, recurring_task_id, remind_at
      from due
    returning key
)
select id::text, user_id::text, remind_at,
       (select count(*) from handled where so), (select count(*) filter (where t.key in (select d.key from due d)) from told t)
  from due order by remind_at;
