-- Templates by when they are due, over all users; (user_id, next_due_at) cannot serve that.
create index concurrently ix_recurring_tasks_due
    on recurring_tasks (next_due_at) where is_active and failed_at is null;
