-- Deadline of a task.
-- revision: 20250131_add_due_dates_to_tasks
-- adopts: exists (select from pg_attribute where attrelid = to_regclass('tasks') and attname = 'due_date')

alter table tasks add column if not exists due_date timestamptz;

create index concurrently if not exists ix_tasks_due_date on tasks (due_date);
