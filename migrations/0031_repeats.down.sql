revoke insert (remind_at, reminded_at, recurrence_rule, repeat_of) on tasks from recurd_worker;
revoke select (title, description, priority, due_date, recurrence_rule, repeat_of) on tasks from recurd_worker;
drop trigger recurd_task_repeats_deleted on tasks;
drop trigger recurd_task_repeats on tasks;
drop function recurd.task_repeats();
alter table recurd.settings drop column repeat_tasks;
-- What was decided of tasks is told by nothing that is older.
delete from recurd.decisions where template_id is null;
drop index recurd.ix_decisions_task_id;
alter table recurd.decisions drop column task_id, alter column template_id set not null;
drop table recurd.repeats;
