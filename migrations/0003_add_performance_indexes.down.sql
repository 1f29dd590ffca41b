drop index if exists ix_tasks_user_id_is_complete;
drop index if exists ix_tasks_user_id_created_at;
drop index if exists ix_tasks_updated_at;
drop index if exists ix_tasks_created_at;
drop index if exists ix_tasks_title;
