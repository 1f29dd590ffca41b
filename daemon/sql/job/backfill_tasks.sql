-- Caller: job/backfill.c.
-- The instances that a template has in a span, in the order of their occurrences; created_at is of no interest.
-- $1 template   $2 from   $3 to   $4 at most so many
-- Index: ux_tasks_recurring_task_id_occurrence_at.
-- Result: text timestamptz
select k.id::text, k.occurrence_at::timestamptz
  from {app}.tasks k
 where k.recurring_task_id is not null and k.recurring_task_id = $1 and k.occurrence_at between $2 and $3
 order by k.recurring_task_id, k.occurrence_at
 limit $4;
