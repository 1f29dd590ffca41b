-- The scan that 0014 left out; it blocks no write of the application.
alter table tasks validate constraint fk_tasks_recurring_task_id;
