drop index ix_recurring_tasks_due;
