-- What can be set is bounded, where any value was taken: each of these was typed by somebody.

-- Two workers with the same version of time zone data may have different files, and one may lack a zone that others
-- have.
alter table recurd.workers
    add column zones jsonb;                              -- where it differs from recurd.zones: "differs", "lacking"

-- Names that are no zones of their own.
update recurring_tasks set starts_zone = substr(starts_zone, 7) where starts_zone like 'posix/%';
delete from recurd.zones where name like 'posix/%' or lower(name) in ('factory', 'localtime', 'posixrules');

-- The least that consumers can live with: one that was down for a while finds what was told meanwhile.
update recurd.settings set notification_retention = '1 hour'
 where extract(epoch from notification_retention) > 0 and extract(epoch from notification_retention) < 3600;
alter table recurd.settings
    add constraint ck_settings_notification_retention_least
        check (extract(epoch from notification_retention) = 0 or extract(epoch from notification_retention) >= 3600);

-- As before, but for these:
-- * the quarantine of a rule that is too frequent may be on its way to the table when min_interval changes.  Such a
--   batch holds the templates that it has claimed, so that they are waited for by a write that changes nothing, as
--   with the zone, and seen as they are after it; likewise with tasks that repeat themselves;
-- * what is tried again keeps the words of its failure until it is planned, so that the same verdict is no second
--   decision;
-- * a rule whose text names a zone is planned anew, but not counted: it does not move;
-- * names that are no zones are refused.
do $$
begin
    execute pg_catalog.format($create$
        create or replace function recurd.settings_changed() returns trigger
            language plpgsql security definer set search_path = ''
        as $body$
        declare
            before jsonb := '{}';
            after jsonb;
            name text;
            zone text;
            concerned bigint;
        begin
            -- Some systems have each zone twice; in "posix" as everybody has it.
            new.default_time_zone := pg_catalog.regexp_replace(new.default_time_zone, '^posix/', '', 'i');
            zone := coalesce(new.default_time_zone, 'UTC');
            after := pg_catalog.to_jsonb(new) - '{singleton,live_since,compatible_from,changes}'::text[];
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
                    if pg_catalog.lower(new.default_time_zone) in ('factory', 'localtime', 'posixrules')
                       or new.default_time_zone ~* '^right/' then
                        raise exception using errcode = 'invalid_parameter_value',
                            message = pg_catalog.format('default_time_zone: expected a place such as Europe/Berlin, got'
                                                        ' "%%s", which is none', new.default_time_zone);
                    end if;
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
                               failed_at = null
                         where (starts_local is not null and starts_zone is distinct from zone
                                or failed_at is not null
                                or starts_local is null and next_due_at <= recurd.now() + interval '1 minute')
                           and not pg_catalog.jsonb_exists(recurrence_rule, 'timeZone')
                           and not exists (select from recurd.preferences as p
                                            where p.user_id = t.user_id and p.time_zone is not null)
                        returning starts_local is not null
                                  and t.recurrence_rule::text !~* 'TZ(ID)?=|DTSTART:[0-9T]+Z'
                                  as moves)
                    select pg_catalog.count(*) filter (where moves) into concerned from moved;
                elsif name = 'min_interval' then
                    with freed as (
                        update %1$I.recurring_tasks as t set failed_at = null
                         where failed_at is not null and failure like '%%(min_interval)%%'
                               or failed_at is null
                                  and (is_active and next_due_at <= recurd.now() + interval '1 minute'
                                       or replan_at is not null and (is_active or ended_at is not null))
                        returning failure like '%%(min_interval)%%' as tried_again)
                    select pg_catalog.count(*) filter (where tried_again) into concerned from freed;
                    update recurd.repeats
                       set failed_at = null, failure = null
                     where failed_at is not null and failure like '%%(min_interval)%%'
                           or failed_at is null and completed_at is not null;
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

update recurd.settings set default_time_zone = default_time_zone where default_time_zone like 'posix/%';

-- A consumer that says it has done what is not there yet would keep nothing.
create function recurd.consumer_changed() returns trigger
    language plpgsql security definer set search_path = ''
as $$
declare
    last bigint;
begin
    if tg_op = 'UPDATE' and new.done_through is not distinct from old.done_through then
        return new;
    end if;
    select greatest(coalesce(pg_catalog.max(n.id), 0),
                    coalesce(pg_catalog.pg_sequence_last_value(
                        pg_catalog.pg_get_serial_sequence('recurd.notifications', 'id')::pg_catalog.regclass), 0))
      into last from recurd.notifications as n;
    if new.done_through > last then
        raise exception using errcode = 'invalid_parameter_value',
            message = pg_catalog.format('done_through: expected an id of recurd.notifications, %s at most, got %s',
                                        last, new.done_through),
            hint = 'It is the id of the last notification that the consumer needs no more, not a time or a count.';
    end if;
    if tg_op = 'UPDATE' and new.seen_at is not distinct from old.seen_at then
        new.seen_at := recurd.now();
    end if;
    return new;
end
$$;
revoke all on function recurd.consumer_changed() from public;

create trigger recurd_consumer_changed before insert or update on recurd.consumers
    for each row execute function recurd.consumer_changed();

update recurd.consumers set done_through = 0 where done_through < 0;
update recurd.consumers set since = recurd.now() where not isfinite(since);
update recurd.consumers set seen_at = recurd.now() where not isfinite(seen_at);
alter table recurd.consumers
    add constraint ck_consumers_name
        check (name ~ '^[^[:space:]]' and name ~ '[^[:space:]]$' and name !~ '[[:cntrl:]]' and octet_length(name) <= 200),
    add constraint ck_consumers_done_through check (done_through >= 0),
    add constraint ck_consumers_since check (isfinite(since) and isfinite(seen_at));
