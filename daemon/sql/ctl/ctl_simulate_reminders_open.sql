-- recurctl simulate: opens the cursor over the reminders that are set, what is overdue first.
-- $1 text: only of this template's tasks, null: of all tasks; $2 timestamptz: nothing later.
-- Index: ix_tasks_pending_remind_at; of one template ux_tasks_recurring_task_id_occurrence_at.
-- Result: cursor text text text timestamptz timestamptz text text
declare ctl_rows no scroll cursor for
select k.id::text, k.user_id::text, k.recurring_task_id::text, k.remind_at, k.due_date::timestamptz, k.title::text, k.priority::text
from {app}.tasks as k
where k.remind_at is not null and not k.is_complete and (k.reminded_at is null or k.remind_at > k.reminded_at)
      and k.remind_at > '-infinity' and k.remind_at <= $2
      and ($1::text is null or k.recurring_task_id = $1)
order by k.remind_at
