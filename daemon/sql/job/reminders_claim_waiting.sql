-- Caller: job/remind.c, for rows of recurd.reminders that wait.
-- Like reminders_claim, for these, as far as they are still pending.
-- $1 ids (text[])   $2 from this instant on   $3 before this one
-- Index: pk_reminders, tasks_pkey.
-- Result: {reminders columns}
with due as materialized (
    select r.id, r.task_id, r.remind_at, r.ctid as place
      from recurd.reminders r
     where r.id = any ($1::text[])
       and r.remind_at is not null and (r.reminded_at is null or r.remind_at > r.reminded_at)
       and r.remind_at >= $2 and r.remind_at < $3 and r.remind_at <= recurd.now()
     order by r.id
       for no key update of r skip locked
)
select {reminders columns}
  from due d
  {reminders task}
 order by d.id;
