-- Priority of a task.  The constant default rewrites nothing; the check is validated after the index,
-- without stopping writes.
-- revision: 20250131_add_priority_to_tasks
-- adopts: exists (select from pg_attribute where attrelid = to_regclass('tasks') and attname = 'priority')

alter table tasks add column if not exists priority varchar(20) not null default 'medium';

do $$
begin
    if not exists (select from pg_constraint
                   where conrelid = 'tasks'::regclass and conname = 'ck_tasks_priority_valid') then
        alter table tasks add constraint ck_tasks_priority_valid
            check (priority in ('low', 'medium', 'high', 'urgent')) not valid;
    end if;
end
$$;

create index concurrently if not exists ix_tasks_priority on tasks (priority);

-- A row that was under way before the constraint was there may break it.  Left unvalidated it would refuse
-- every update of that row.
do $$
begin
    alter table tasks validate constraint ck_tasks_priority_valid;
exception
    when check_violation then
        alter table tasks drop constraint ck_tasks_priority_valid;
end
$$;
