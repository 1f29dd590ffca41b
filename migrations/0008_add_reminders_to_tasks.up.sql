-- When a task asks for attention.
-- revision: 20250131_add_reminders_to_tasks
-- adopts: exists (select from pg_attribute where attrelid = to_regclass('tasks') and attname = 'remind_at')

alter table tasks add column if not exists remind_at timestamptz;

create index concurrently if not exists ix_tasks_remind_at on tasks (remind_at);
