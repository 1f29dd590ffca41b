drop trigger recurd_task_created_complete on tasks;
drop trigger recurd_task_completion_changed on tasks;
drop function recurd.task_completion_changed();

alter table tasks
    drop column recurring_task_id,
    drop column occurrence_at,
    drop column reminded_at,
    drop column completed_at,
    drop column repeat_of;
