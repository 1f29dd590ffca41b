-- Tasks that repeat themselves: one with a recurrence_rule of its own comes back when it is completed.  What is to
-- be made of a completion waits here, in the transaction of the completion, so that a worker that is down finds it.

create table recurd.repeats (
    task_id text constraint pk_repeats primary key,      -- that was completed, or that follows one
    completed_at timestamptz,                            -- its successor is wanted since then; null: it is open
    planned_due_at timestamptz,                          -- the due date that recurd gave it
    starts_local timestamp,                              -- where its chain is anchored, wall time
    starts_zone text,                                    -- in this zone
    failed_at timestamptz,                               -- quarantined: its rule does not work
    failure text                                         -- and why
);
create index ix_repeats_completed_at on recurd.repeats (completed_at)
    where completed_at is not null and failed_at is null;
create index ix_repeats_failed_at on recurd.repeats (failed_at) where failed_at is not null;

-- A decision is about a template, or about a task.
alter table recurd.decisions add column task_id text;
alter table recurd.decisions alter column template_id drop not null;
create index ix_decisions_task_id on recurd.decisions (task_id, at) where task_id is not null;

alter table recurd.settings add column repeat_tasks boolean;

-- Runs in the application's transactions: cheap, needs no right of theirs, and never fails.  An instance of a
-- template with a rule does not breed: its template goes on by itself.  Conditions name as few columns as can be:
-- PostgreSQL refuses to change the type of one that a trigger's condition names.  JSON's null, which some models
-- write for no rule, is none.
create function recurd.task_repeats() returns trigger
    language plpgsql security definer set search_path = ''
as $$
begin
    if tg_op = 'DELETE' then
        delete from recurd.repeats as r where r.task_id = old.id::text;
    elsif new.recurring_task_id is not null then
        null;
    elsif not old.is_complete then
        if coalesce(new.recurrence_rule::text, 'null') <> 'null'
           and (select s.repeat_tasks from recurd.settings as s) is not false then
            insert into recurd.repeats as r (task_id, completed_at) values (new.id::text, recurd.now())
                on conflict (task_id) do update
               set completed_at = excluded.completed_at, failed_at = null, failure = null;
        end if;
    elsif old.recurrence_rule is distinct from new.recurrence_rule or old.due_date is distinct from new.due_date then
        -- Completed before, and mended now.
        update recurd.repeats as r set failed_at = null, failure = null
         where r.task_id = new.id::text and r.completed_at is not null;
    end if;
    return null;
end
$$;

create trigger recurd_task_repeats after update on tasks
    for each row
    when (new.is_complete and (coalesce(new.recurrence_rule::text, 'null') <> 'null'
                               or coalesce(old.recurrence_rule::text, 'null') <> 'null'))
    execute function recurd.task_repeats();

create trigger recurd_task_repeats_deleted after delete on tasks
    for each row
    when (old.recurrence_rule is not null)
    execute function recurd.task_repeats();

-- Triggers fire without this right; nobody else may put the function on a table of his own.
revoke all on function recurd.task_repeats() from public;

grant select, insert, update, delete on recurd.repeats to recurd_worker;
grant select on recurd.repeats to recurd_reader;
grant select (title, description, priority, due_date, recurrence_rule, repeat_of) on tasks to recurd_worker;
grant insert (remind_at, reminded_at, recurrence_rule, repeat_of) on tasks to recurd_worker;
