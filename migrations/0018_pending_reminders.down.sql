drop index if exists ix_tasks_pending_remind_at;
