-- Caller: job/remind.c, for recurd.reminders.
-- Locks due reminders, oldest first; in the other form those that came due last.  Their tasks are not locked: who
-- deletes one waits for us, and who completes one at this moment is told of it once more.
-- $1 at most so many   $2 from this instant on   $3 before this one   $4 kind: what waits as such is left
-- to retries, until somebody edits it; null: nothing does
-- Index: ix_reminders_pending, pk_waiting, tasks_pkey.
-- Result: {reminders columns}
with due as materialized (
    select r.id, r.task_id, r.remind_at, r.ctid as place
      from recurd.reminders r
     where r.remind_at is not null and (r.reminded_at is null or r.remind_at > r.reminded_at)
       and r.remind_at >= $2 and r.remind_at < $3 and r.remind_at <= recurd.now()
       and ($4::text is null or (select true from recurd.waiting w
             where w.kind = $4 and w.id = r.id and w.place = r.ctid) is null)
     order by r.remind_at {other desc}
     limit $1
       for no key update of r skip locked
)
select {reminders columns}
  from due d
  {reminders task}
 order by d.remind_at {other desc};
