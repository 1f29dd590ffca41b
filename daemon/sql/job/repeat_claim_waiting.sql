-- Caller: job/repeat.c, for what waits.
-- Like repeat_claim, for these tasks, as far as there is still something to be done about them.
-- $1 ids (text[])
-- Index: pk_repeats, tasks_pkey, ux_tasks_repeat_of, pk_preferences.
-- Result: {repeat columns}
with queued as materialized (
    select r.task_id, r.completed_at, r.planned_due_at, r.starts_local, r.starts_zone, r.ctid as place
      from recurd.repeats r
     where r.task_id = any ($1::text[]) and r.completed_at is not null and r.failed_at is null
     order by r.task_id
       for update of r skip locked
)
select {repeat columns}
  from queued q
  left join lateral ({repeat task}) t on true;
