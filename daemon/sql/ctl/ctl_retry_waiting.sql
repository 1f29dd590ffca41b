-- recurctl retry ID: ends the waiting of a template or task, so that it is tried with the next batch.
-- $1 text: its id.
-- Those of the reminders of a task have ids of their own.
-- Index: pk_waiting, ix_reminders_task_id.
-- Result: text timestamptz text text text
delete from recurd.waiting as w
where w.kind in ('generate', 'policed', 'replan', 'remind', 'settle', 'repeat', 'reminders') and w.id = $1
      or w.kind = 'reminders' and w.id = any (array(select r.id from recurd.reminders as r where r.task_id = $1))
returning w.id, case when w.kind <> 'replan' then w.at end, w.reason, w.kind, null::text
