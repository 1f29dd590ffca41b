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

do $$
begin
    execute pg_catalog.format($create$
        create or replace function recurd.preferences_changed() returns trigger
            language plpgsql security definer set search_path = ''
        as $body$
        declare
            whose text := coalesce(new.user_id, old.user_id);
        begin
            if tg_op = 'UPDATE' and new.time_zone is not distinct from old.time_zone then
                return null;
            end if;
            update %1$I.recurring_tasks
               set replan_at = case when failed_at is null then recurd.now() else replan_at end,
                   failed_at = null, failure = null
             where user_id = whose
               and (starts_local is not null or failed_at is not null)
               and not pg_catalog.jsonb_exists(recurrence_rule, 'timeZone');
            return null;
        end
        $body$
    $create$, current_schema());
end
$$;
