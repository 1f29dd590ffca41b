-- Exactly one task per occurrence, whatever conspires.  Also serves ON DELETE SET NULL.
create unique index concurrently ux_tasks_recurring_task_id_occurrence_at
    on tasks (recurring_task_id, occurrence_at) where recurring_task_id is not null;
