drop index if exists ix_recurring_tasks_due;
