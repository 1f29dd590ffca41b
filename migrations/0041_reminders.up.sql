-- Any number of reminders of a task, beside tasks.remind_at: at an instant, or so long before (or after) its due date.
--
-- A reminder is pending while
--   remind_at is not null and (reminded_at is null or remind_at > reminded_at)
-- so that one that moves to a later instant is armed again, and one that was told is not told again, however often
-- the due date moves back and forth.  Whether its task is complete is looked at when it is due.

create table recurd.reminders (
    id text constraint pk_reminders primary key default pg_catalog.gen_random_uuid()::text,
    task_id text not null
        constraint fk_reminders_task_id references tasks (id) on delete cascade,
    remind_at timestamptz,                               -- null: its task has no due date
    before interval                                      -- the due date, which it follows; negative: after; null: it stays
        -- Of months and days, too, since those of an interval may have any signs.
        constraint ck_reminders_before check (extract(epoch from before) between -31622400 and 31622400),
    reminded_at timestamptz,                             -- the end of the second of the latest remind_at that was handled
    source text not null default 'api'
        constraint ck_reminders_source check (source in ('policy', 'user', 'api', 'snooze')),
    created_by text default coalesce(nullif(pg_catalog.current_setting('recurd.actor', true), ''), session_user),
    created_at timestamptz not null default recurd.now(),
    constraint ck_reminders_at check (before is not null or remind_at is not null),
    constraint ck_reminders_remind_at check (pg_catalog.isfinite(remind_at))
);
create index ix_reminders_task_id on recurd.reminders (task_id);
create index ix_reminders_pending on recurd.reminders (remind_at)
    where remind_at is not null and (reminded_at is null or remind_at > reminded_at);

-- Which of a task's reminders it is: null, tasks.remind_at.
alter table recurd.notifications add column reminder_id text;

-- When a reminder comes that is `before` the due date.  Days have 24 hours and months 30 days, whatever the time zone
-- of the session that moves the due date; of what is too far off for a calendar there is none.
create function recurd.remind_at(due timestamptz, before interval) returns timestamptz
    language sql stable parallel safe
    return case when due between '4000-01-01 BC' and '290000-01-01'
                then due - pg_catalog.make_interval(secs => extract(epoch from before)::double precision) end;

-- The id of a reminder that a worker makes of a task: the same whoever makes it, and however often, so that its
-- notification has one key.  what: the id of the reminder that it repeats, or how many microseconds before the due date.
create function recurd.reminder_id(task text, what text) returns text
    language sql stable parallel safe
    return pg_catalog.left(pg_catalog.encode(pg_catalog.sha256(
        pg_catalog.convert_to(task, pg_catalog.getdatabaseencoding()) || '\x00'::bytea
        || pg_catalog.convert_to(what, pg_catalog.getdatabaseencoding())), 'hex'), 32)::uuid::text;

-- Where an application gives no remind_at, or another distance.  The due date is held meanwhile, or one that is moved
-- at the same time would be missed.  The application's schema is written into the body.
do $$
begin
    execute pg_catalog.format($create$
        create function recurd.reminder_placed() returns trigger
            language plpgsql security definer set search_path = ''
        as $body$
        begin
            if new.before is null or extract(epoch from new.before) not between -31622400 and 31622400 then
                return new; -- a constraint says so
            end if;
            new.remind_at := (select recurd.remind_at(k.due_date, new.before) from %1$I.tasks as k
                               where k.id = new.task_id for share of k);
            return new;
        end
        $body$
    $create$, current_schema());
end
$$;

create trigger recurd_reminder_created before insert on recurd.reminders
    for each row when (new.before is not null and new.remind_at is null)
    execute function recurd.reminder_placed();

create trigger recurd_reminder_changed before update on recurd.reminders
    for each row when (new.before is distinct from old.before or new.task_id is distinct from old.task_id)
    execute function recurd.reminder_placed();

-- One that is due so soon that the poll would be late for it wakes idle workers, where the step "wakeup" is there,
-- which may come and go.  Its horizon is a day at most.  Workers change nothing but reminded_at.
create function recurd.reminder_wake() returns trigger
    language plpgsql security definer set search_path = ''
as $$
begin
    if pg_catalog.to_regprocedure('recurd.wake(timestamptz)') is not null then
        execute 'select recurd.wake($1)' using new.remind_at;
    end if;
    return null;
end
$$;

create trigger recurd_reminder_created_wake after insert on recurd.reminders
    for each row
    when (new.remind_at < recurd.now() + interval '1 day' and (new.reminded_at is null or new.remind_at > new.reminded_at))
    execute function recurd.reminder_wake();

create trigger recurd_reminder_changed_wake after update on recurd.reminders
    for each row
    when (new.remind_at is distinct from old.remind_at and new.remind_at < recurd.now() + interval '1 day'
          and (new.reminded_at is null or new.remind_at > new.reminded_at))
    execute function recurd.reminder_wake();

-- Runs in the application's transactions: needs no right of theirs, and never fails.  A task without reminders costs
-- a look into an index, where its due date moves, or it is reopened; anything else costs nothing.
create function recurd.task_reminders() returns trigger
    language plpgsql security definer set search_path = ''
as $$
begin
    if not exists (select from recurd.reminders as r where r.task_id = new.id) then
        return null; -- half of what an update of none costs
    end if;
    if old.due_date is distinct from new.due_date then
        update recurd.reminders as r
           set remind_at = recurd.remind_at(new.due_date, r.before)
         where r.task_id = new.id and r.before is not null
               and r.remind_at is distinct from recurd.remind_at(new.due_date, r.before);
    end if;
    -- Reopened: a reminder whose time has passed meanwhile is history.
    if old.is_complete and not new.is_complete then
        update recurd.reminders as r
           set reminded_at = pg_catalog.date_trunc('second', r.remind_at) + interval '999999 us'
         where r.task_id = new.id and r.remind_at <= recurd.now()
               and (r.reminded_at is null or r.remind_at > r.reminded_at);
    end if;
    return null;
end
$$;

create trigger recurd_task_reminders after update on tasks
    for each row when (old.due_date is distinct from new.due_date or old.is_complete and not new.is_complete)
    execute function recurd.task_reminders();

-- What applications call in their own transactions, with their own rights.  Each answers a wrong argument with an
-- error that says what to do.
create function recurd.remind(task text, at timestamptz default null, before interval default null) returns text
    language plpgsql
as $$
declare
    made text;
begin
    perform recurd.reminder_wanted(task);
    if before is null then
        perform recurd.reminder_ahead('at', at);
    elsif at is not null then
        raise exception using errcode = 'invalid_parameter_value',
            message = 'expected an instant or a distance to the due date, got both',
            hint = 'Give one of at and before, or call it twice for two reminders.';
    elsif extract(epoch from before) not between -31622400 and 31622400 then
        raise exception using errcode = 'invalid_parameter_value',
            message = pg_catalog.format('before: expected an interval of up to 366 days, got %s', before),
            hint = 'A negative one is after the due date: recurd.remind(task, before => ''-10 minutes'').';
    end if;
    insert into recurd.reminders as r (task_id, remind_at, before) values (task, at, $3) returning r.id into made;
    return made;
end
$$;

create function recurd.unremind(reminder text) returns text
    language plpgsql
as $$
declare
    task text;
begin
    delete from recurd.reminders as r where r.id = reminder returning r.task_id into task;
    if not found then
        raise exception using errcode = 'no_data_found',
            message = pg_catalog.format('there is no reminder "%s"', reminder),
            hint = 'Those of a task: select id, remind_at from recurd.reminders where task_id = ...';
    end if;
    return task;
end
$$;

create function recurd.reminder_ahead(name text, at timestamptz) returns void
    language plpgsql stable
as $$
begin
    if pg_catalog.isfinite(at) is not true then
        raise exception using errcode = 'invalid_parameter_value',
            message = pg_catalog.format('%s: expected an instant, got %s', name, coalesce(at::text, 'null')),
            hint = 'Give one after recurd.now().';
    elsif at <= recurd.now() then
        raise exception using errcode = 'invalid_parameter_value',
            message = pg_catalog.format('%s: %s has passed, it is %s', name, at, recurd.now()),
            hint = 'Give one after recurd.now().';
    end if;
end
$$;

-- Those that read the application's tables, whose schema is written into their bodies.
do $$
begin
    execute pg_catalog.format($create$
        create function recurd.reminder_wanted(task text) returns void
            language plpgsql stable
        as $body$
        declare
            complete boolean := (select k.is_complete from %1$I.tasks as k where k.id = task);
        begin
            if complete is null then
                raise exception using errcode = 'no_data_found',
                    message = pg_catalog.format('there is no task "%%s"', task),
                    hint = 'The first argument is the id of a row of tasks.';
            elsif complete then
                raise exception using errcode = 'object_not_in_prerequisite_state',
                    message = pg_catalog.format('task "%%s" is complete, and nobody is reminded of it', task),
                    hint = 'Set its is_complete to false first.';
            end if;
        end
        $body$
    $create$, current_schema());
end
$$;

-- What would have come until then comes once, then.  The due date, tasks.remind_at and the other reminders stay, so
-- that neither the series nor a task that repeats this one has anything of it.
do $$
begin
    execute pg_catalog.format($create$
        create function recurd.snooze(task text, until timestamptz default null, span interval default null)
            returns timestamptz
            language plpgsql
        as $body$
        begin
            if span is not null and until is not null then
                raise exception using errcode = 'invalid_parameter_value',
                    message = 'expected an instant or a span, got both', hint = 'Give one of until and span.';
            elsif span is not null and extract(epoch from span) not between 1 and 31622400 then
                raise exception using errcode = 'invalid_parameter_value',
                    message = pg_catalog.format('span: expected an interval from a second to 366 days, got %%s', span),
                    hint = 'As in recurd.snooze(task, span => ''10 minutes'').';
            elsif span is not null then
                until := recurd.now() + pg_catalog.make_interval(secs => extract(epoch from span)::double precision);
            end if;
            perform from %1$I.tasks as k where k.id = task for no key update of k;
            perform recurd.reminder_wanted(task);
            perform recurd.reminder_ahead('until', until);
            update %1$I.tasks as k
               set reminded_at = pg_catalog.date_trunc('second', k.remind_at) + interval '999999 us'
             where k.id = task and k.remind_at <= until and (k.reminded_at is null or k.remind_at > k.reminded_at);
            update recurd.reminders as r
               set reminded_at = pg_catalog.date_trunc('second', r.remind_at) + interval '999999 us'
             where r.task_id = task and r.remind_at <= until and (r.reminded_at is null or r.remind_at > r.reminded_at);
            insert into recurd.reminders as r (id, task_id, remind_at, source) values ('snooze ' || task, task, until, 'snooze')
                on conflict (id) do update set remind_at = excluded.remind_at, reminded_at = null;
            return until;
        end
        $body$
    $create$, current_schema());
end
$$;

-- Triggers fire without this right; nobody else may put the functions on a table of his own.
revoke all on function recurd.reminder_placed() from public;
revoke all on function recurd.reminder_wake() from public;
revoke all on function recurd.task_reminders() from public;

grant select, insert, update, delete on recurd.reminders to recurd_worker;
grant select on recurd.reminders to recurd_reader;
grant execute on function recurd.remind_at(timestamptz, interval), recurd.reminder_id(text, text)
    to recurd_worker, recurd_reader;
-- Everybody may call these, but in a database whose default privileges keep new functions from PUBLIC.
grant execute on function recurd.remind(text, timestamptz, interval), recurd.unremind(text),
    recurd.snooze(text, timestamptz, interval), recurd.reminder_wanted(text), recurd.reminder_ahead(text, timestamptz)
    to recurd_worker;
