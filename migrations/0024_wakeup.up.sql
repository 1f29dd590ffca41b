-- Wake idle workers by NOTIFY recurd_wake when an application writes a row that is due so soon that
-- the poll would be late for it.
-- optional: wakeup
--
-- Optional, because a transaction that notifies takes a lock on the whole server when it commits, and
-- cannot be prepared (two-phase commit).  So it speaks only for rows that are due within
-- recurd.settings.wake_horizon (twice the workers' poll_interval is right), never for what workers
-- write themselves, and not while the queue of notifications is half full: when it is full, the
-- application's COMMIT fails.

alter table recurd.settings
    add column wake_horizon interval not null default '2 s'
        constraint ck_settings_wake_horizon check (wake_horizon between '0 s' and '1 day');

-- Called by the two below, whose search_path it has.
create function recurd.wake(due timestamptz) returns void
    language plpgsql
as $$
begin
    if due <= recurd.now() + (select wake_horizon from recurd.settings)
       and pg_catalog.pg_notification_queue_usage() < 0.5 then
        perform pg_catalog.pg_notify('recurd_wake', '');
    end if;
end
$$;

-- Both run in the application's transactions, as 0013 says of its trigger.
create function recurd.template_wake() returns trigger
    language plpgsql security definer set search_path = ''
as $$
begin
    if tg_op = 'UPDATE' and new.replan_at is not null
       and new.replan_at is distinct from old.replan_at then
        perform recurd.wake('-infinity'); -- replanning is due at once
    else
        perform recurd.wake(new.next_due_at);
    end if;
    return null;
end
$$;

create function recurd.task_wake() returns trigger
    language plpgsql security definer set search_path = ''
as $$
begin
    perform recurd.wake(new.remind_at);
    return null;
end
$$;

create trigger recurd_template_created_wake after insert on recurring_tasks
    for each row when (new.is_active and new.failed_at is null)
    execute function recurd.template_wake();

-- A worker that moves next_due_at on writes the same into planned_due_at, and one that extends an
-- ended template changes ended_at together with is_active.
create trigger recurd_template_changed_wake after update on recurring_tasks
    for each row when (
        new.failed_at is null
        and (new.is_active
             and (old.next_due_at is distinct from new.next_due_at
                      and new.planned_due_at is distinct from new.next_due_at
                  or not old.is_active and old.ended_at is not distinct from new.ended_at
                  or old.failed_at is not null)
             or new.replan_at is not null and old.replan_at is distinct from new.replan_at))
    execute function recurd.template_wake();

create trigger recurd_task_created_wake after insert on tasks
    for each row when (
        new.remind_at is not null and not new.is_complete
        and (new.reminded_at is null or new.remind_at > new.reminded_at))
    execute function recurd.task_wake();

-- A worker writes reminded_at only, which leaves nothing pending.
create trigger recurd_task_changed_wake after update on tasks
    for each row when (
        new.remind_at is not null and not new.is_complete
        and (new.reminded_at is null or new.remind_at > new.reminded_at)
        and (old.remind_at is distinct from new.remind_at or old.is_complete))
    execute function recurd.task_wake();

-- Triggers fire without this right; nobody else may put the functions on a table of his own.
revoke all on function recurd.wake(timestamptz) from public;
revoke all on function recurd.template_wake() from public;
revoke all on function recurd.task_wake() from public;
