drop trigger recurd_task_changed_wake on tasks;
drop trigger recurd_task_created_wake on tasks;
drop trigger recurd_template_changed_wake on recurring_tasks;
drop trigger recurd_template_created_wake on recurring_tasks;
drop function recurd.task_wake();
drop function recurd.template_wake();
drop function recurd.wake(timestamptz);
alter table recurd.settings drop column wake_horizon;
