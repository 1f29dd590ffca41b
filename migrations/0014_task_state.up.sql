-- What recurd knows of a task: which occurrence it is, which reminder was told, when it was completed.

alter table tasks
    add column recurring_task_id varchar,
    add column occurrence_at timestamptz,
    -- The latest remind_at that has been handled.  A reminder is pending while
    --   remind_at is not null and not is_complete and (reminded_at is null or remind_at > reminded_at)
    add column reminded_at timestamptz,
    add column completed_at timestamptz,
    add column repeat_of text;                           -- the task that this one repeats

-- NOT VALID: no scan under the lock; 0015 validates.
alter table tasks
    add constraint fk_tasks_recurring_task_id foreign key (recurring_task_id)
    references recurring_tasks (id) on delete set null not valid;

create function recurd.task_completion_changed() returns trigger
    language plpgsql security definer set search_path = ''
as $$
begin
    if new.is_complete then
        new.completed_at := recurd.now();
        return new;
    end if;
    new.completed_at := null;
    -- Reopened: a reminder whose time has passed meanwhile is history.
    if new.remind_at <= recurd.now() then
        new.reminded_at := greatest(new.reminded_at, new.remind_at);
    end if;
    return new;
end
$$;

create trigger recurd_task_completion_changed before update on tasks
    for each row when (old.is_complete is distinct from new.is_complete)
    execute function recurd.task_completion_changed();

create trigger recurd_task_created_complete before insert on tasks
    for each row when (new.is_complete)
    execute function recurd.task_completion_changed();

-- Triggers fire without this right; nobody else may put the function on a table of his own.
revoke all on function recurd.task_completion_changed() from public;
