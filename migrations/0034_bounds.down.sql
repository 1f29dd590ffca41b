alter table recurd.consumers
    drop constraint ck_consumers_name, drop constraint ck_consumers_done_through, drop constraint ck_consumers_since;
drop trigger recurd_consumer_changed on recurd.consumers;
drop function recurd.consumer_changed();

do $$
begin
    execute pg_catalog.format($create$
        create or replace function recurd.settings_changed() returns trigger
            language plpgsql security definer set search_path = ''
        as $body$
        declare
            before jsonb := '{}';
            after jsonb := pg_catalog.to_jsonb(new) - '{singleton,live_since,compatible_from,changes}'::text[];
            name text;
            zone text := coalesce(new.default_time_zone, 'UTC');
            concerned bigint;
        begin
            if tg_op = 'INSERT' then
                new.compatible_from := greatest(new.compatible_from, 29); -- of a row that is made anew, too
            else
                before := pg_catalog.to_jsonb(old);
                new.changes := old.changes;
            end if;
            for name in select k.name from pg_catalog.jsonb_object_keys(after) as k (name) loop
                continue when after->>name is not distinct from before->>name;
                concerned := null;
                if name = 'default_time_zone' then
                    if tg_op = 'UPDATE' and new.default_time_zone is not null and not exists (
                           select from pg_catalog.pg_timezone_names as z where z.name = new.default_time_zone) then
                        raise exception using errcode = 'invalid_parameter_value',
                            message = pg_catalog.format('default_time_zone: expected a name of the IANA database that'
                                                        ' this server knows, such as Europe/Berlin, got "%%s"',
                                                        new.default_time_zone);
                    end if;
                    with moved as (
                        update %1$I.recurring_tasks as t
                           set replan_at = case when failed_at is null and starts_local is not null
                                                then coalesce(replan_at, '-infinity') else replan_at end,
                               failed_at = null, failure = null
                         where (starts_local is not null and starts_zone is distinct from zone
                                or failed_at is not null
                                or starts_local is null and next_due_at <= recurd.now() + interval '1 minute')
                           and not pg_catalog.jsonb_exists(recurrence_rule, 'timeZone')
                           and not exists (select from recurd.preferences as p
                                            where p.user_id = t.user_id and p.time_zone is not null)
                        returning starts_local is not null as moves)
                    select pg_catalog.count(*) filter (where moves) into concerned from moved;
                elsif name = 'min_interval' then
                    -- What is in quarantine for being too frequent is looked at again.
                    update %1$I.recurring_tasks as t
                       set failed_at = null, failure = null
                     where failed_at is not null and failure like '%%(min_interval)%%';
                    get diagnostics concerned = row_count;
                end if;
                if tg_op = 'UPDATE' or not pg_catalog.jsonb_exists(new.changes, name) then
                    new.changes := new.changes || pg_catalog.jsonb_build_object(
                        name, pg_catalog.jsonb_build_object(
                            'at', recurd.now(), 'by', session_user, 'templates', concerned));
                end if;
            end loop;
            return new;
        end
        $body$
    $create$, current_schema());
end
$$;

alter table recurd.settings drop constraint ck_settings_notification_retention_least;
alter table recurd.workers drop column zones;
