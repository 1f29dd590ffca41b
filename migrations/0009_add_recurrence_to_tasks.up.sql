-- Recurrence of a single task: it comes back when it is completed.
-- revision: 20250131_add_recurrence_to_tasks
-- adopts: exists (select from pg_attribute where attrelid = to_regclass('tasks') and attname = 'recurrence_rule')

alter table tasks add column if not exists recurrence_rule jsonb;

create index concurrently if not exists ix_tasks_recurrence_rule
    on tasks using gin (recurrence_rule);
