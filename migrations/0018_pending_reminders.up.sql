-- The reminders that are still to be told, and nothing else: polls stay cheap at any size.
create index concurrently ix_tasks_pending_remind_at
    on tasks (remind_at)
    where remind_at is not null and not is_complete
          and (reminded_at is null or remind_at > reminded_at);
