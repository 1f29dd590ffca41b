-- What a database goes through that is copied row by row.
--
-- The sequences of recurd's identity columns: a change-over by logical replication, or a restore of rows
-- alone, leaves them behind their tables, and then every id that they give is taken.  A worker that
-- meets that puts them right, for which setval asks for this right; what stands behind now is put right
-- here.

do $$
declare
    tab regclass;
    seq text;
begin
    foreach tab in array array['recurd.notifications', 'recurd.decisions']::regclass[] loop
        seq := pg_get_serial_sequence(tab::text, 'id');
        execute format('grant update on sequence %s to recurd_worker', seq);
        execute format('select setval(%L, m.id) from (select max(id) as id from %s) as m, %1$s as s'
                       ' where m.id >= s.last_value + s.is_called::integer', seq, tab);
    end loop;
end
$$;

-- A complete task that is inserted with its completed_at, by a restore of rows into tables that have their
-- triggers, keeps it.
create or replace function recurd.task_completion_changed() returns trigger
    language plpgsql security definer set search_path = ''
as $$
begin
    if new.is_complete then
        new.completed_at := case when tg_op = 'INSERT' then coalesce(new.completed_at, recurd.now())
                                 else recurd.now() end;
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

-- A preference that is inserted, and names the zone by which a template goes already, changes nothing of
-- it: looked at anew it would go on from now, and miss what became due between the dump and the restore.
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
               and (starts_local is not null and starts_zone is distinct from new.time_zone
                    or failed_at is not null)
               and not pg_catalog.jsonb_exists(recurrence_rule, 'timeZone');
            return null;
        end
        $body$
    $create$, current_schema());
end
$$;
