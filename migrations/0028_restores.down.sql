do $$
declare
    tab regclass;
begin
    foreach tab in array array['recurd.notifications', 'recurd.decisions']::regclass[] loop
        execute format('revoke all on sequence %s from recurd_worker',
                       pg_get_serial_sequence(tab::text, 'id'));
    end loop;
end
$$;

create or replace function recurd.task_completion_changed() returns trigger
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
