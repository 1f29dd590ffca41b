-- A validated constraint cannot be made unvalidated, only made anew.
alter table tasks
    drop constraint fk_tasks_recurring_task_id,
    add constraint fk_tasks_recurring_task_id foreign key (recurring_task_id)
        references recurring_tasks (id) on delete set null not valid;
