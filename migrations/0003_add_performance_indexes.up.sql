-- Five indexes for the application's listings.
-- revision: 7582d33c41bc
-- adopts: coalesce(to_regclass('ix_tasks_title'), to_regclass('ix_tasks_created_at'), to_regclass('ix_tasks_updated_at'), to_regclass('ix_tasks_user_id_created_at'), to_regclass('ix_tasks_user_id_is_complete')) is not null

create index concurrently if not exists ix_tasks_title on tasks (title);
create index concurrently if not exists ix_tasks_created_at on tasks (created_at);
create index concurrently if not exists ix_tasks_updated_at on tasks (updated_at);
create index concurrently if not exists ix_tasks_user_id_created_at on tasks (user_id, created_at);
create index concurrently if not exists ix_tasks_user_id_is_complete on tasks (user_id, is_complete);
