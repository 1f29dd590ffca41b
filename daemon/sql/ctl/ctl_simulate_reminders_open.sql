-- recurctl simulate: opens the cursor over the reminders that are set, those of tasks' own rows first, what is overdue
-- first.
-- $1 text: only of this template's tasks, null: of all tasks; $2 timestamptz: nothing later.
-- Index: ix_tasks_pending_remind_at, ix_reminders_pending, tasks_pkey; of one template
-- ux_tasks_recurring_task_id_occurrence_at, ix_reminders_task_id.
-- Result: cursor text text text timestamptz timestamptz text text text
declare ctl_rows no scroll cursor for
(select k.id::text, k.user_id::text, k.recurring_task_id::text, k.remind_at, k.due_date::timestamptz, k.title::text, k.priority::text,
        null::text
 from {app}.tasks as k
 where k.remind_at is not null and not k.is_complete and (k.reminded_at is null or k.remind_at > k.reminded_at)
       and k.remind_at > '-infinity' and k.remind_at <= $2
       and ($1::text is null or k.recurring_task_id = $1)
 order by k.remind_at)
union all
(select k.id::text, k.user_id::text, k.recurring_task_id::text, r.remind_at, k.due_date::timestamptz, k.title::text, k.priority::text,
        r.id
 from recurd.reminders as r
 join {app}.tasks as k on k.id = r.task_id
 where r.remind_at is not null and (r.reminded_at is null or r.remind_at > r.reminded_at)
       and not k.is_complete and r.remind_at <= $2
       and ($1::text is null or k.recurring_task_id = $1)
 order by r.remind_at)
