-- Both tables first, as in the up file; the scan at the end goes on under these locks.
do $$
begin
    lock table recurring_tasks in access exclusive mode;
    set local lock_timeout = '100ms';
    lock table tasks in access exclusive mode;
end
$$;

-- What was deleted where triggers were off.
update tasks set recurring_task_id = null
 where recurring_task_id is not null
       and not exists (select from recurring_tasks t where t.id = recurring_task_id);

drop trigger recurd_task_changed_refers on tasks;
drop trigger recurd_task_created_refers on tasks;
drop trigger recurd_template_renamed on recurring_tasks;
drop trigger recurd_template_truncated on recurring_tasks;
drop trigger recurd_template_deleted on recurring_tasks;
drop function recurd.task_refers();
drop function recurd.template_gone();

-- Somebody may have added it again.
alter table tasks drop constraint if exists fk_tasks_recurring_task_id;
alter table tasks
    add constraint fk_tasks_recurring_task_id foreign key (recurring_task_id)
    references recurring_tasks (id) on delete set null not valid;
alter table tasks validate constraint fk_tasks_recurring_task_id;
