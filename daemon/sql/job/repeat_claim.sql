-- Caller: job/repeat.c.
-- Locks tasks that were completed and repeat themselves, oldest first, in the other form those that were completed
-- last, and their rows of recurd.repeats.  What waits (recurd.waiting) is left to retries.
-- $1 at most so many   $2 something waits: look for it
-- Index: ix_repeats_completed_at, tasks_pkey, ux_tasks_repeat_of, pk_preferences, pk_waiting.
-- Result: {repeat columns}
with queued as materialized (
    select r.task_id, r.completed_at, r.planned_due_at, r.starts_local, r.starts_zone, r.ctid as place
      from recurd.repeats r
     where r.completed_at is not null and r.failed_at is null
       and (not $2 or (select true from recurd.waiting w
             where w.kind = 'repeat' and w.id = r.task_id and w.place = r.ctid) is null)
     order by r.completed_at {other desc}
     limit $1
       for update of r skip locked
)
select {repeat columns}
  from queued q
  left join lateral ({repeat task}) t on true;
