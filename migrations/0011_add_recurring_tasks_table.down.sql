drop table if exists recurring_tasks;
drop function if exists update_recurring_tasks_updated_at();
