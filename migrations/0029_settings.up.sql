-- What decides what is made, once a database, the same for all workers: columns of the one row of
-- recurd.settings.  Null stands for the default of the version that runs, so that a later one's can be another.
-- A worker of before goes by its own file, beside those that go by this row: it must not go on.

alter table recurd.settings
    add column default_time_zone text                    -- IANA name
        constraint ck_settings_default_time_zone check (default_time_zone ~ '^[A-Za-z0-9_+/-]{1,64}$'),
    add column min_interval interval
        constraint ck_settings_min_interval check (extract(epoch from min_interval) between 1 and 86400),
    add column catch_up_limit integer
        constraint ck_settings_catch_up_limit check (catch_up_limit between 1 and 100000),
    add column adopt_backlog text
        constraint ck_settings_adopt_backlog check (adopt_backlog in ('latest', 'all', 'none')),
    add column notify_task_created boolean,
    add column notification_retention interval           -- 0: for ever
        constraint ck_settings_notification_retention
            check (extract(epoch from notification_retention) between 0 and 36500 * 86400.0),
    add column changes jsonb not null default '{}';      -- by key: at, by, templates (how many it concerned)

-- Whoever writes the row, recurctl or somebody with psql: it is noted when and by whom, and what goes by the
-- setting is planned anew in the same transaction.  Batches that are under way hold the templates that they have
-- claimed, so that this waits for them; what they plan for the first time has no zone yet, and is waited for
-- by a write that changes nothing.
-- The application's schema is written into the body: search_path is empty when it runs.
do $$
begin
    execute pg_catalog.format($create$
        create function recurd.settings_changed() returns trigger
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

create trigger recurd_settings_changed before insert or update on recurd.settings
    for each row execute function recurd.settings_changed();

-- Triggers fire without this right; nobody else may put the function on a table of his own.
revoke all on function recurd.settings_changed() from public;

-- What a worker runs with, so that it can be told where those of a database differ.
alter table recurd.workers
    add column file text,                                -- of its configuration; null: none was there
    add column tzdata text,                              -- version of its time zone data
    add column options text;                             -- those that all workers should have alike

-- A consumer of recurd.notifications that says how far it is: what it has not done is not deleted.
create table recurd.consumers (
    name text constraint pk_consumers primary key,
    done_through bigint not null default 0,              -- an id: it needs nothing up to it any more
    since timestamptz not null default recurd.now(),
    seen_at timestamptz not null default recurd.now()
);
grant select on recurd.consumers to recurd_worker, recurd_reader;

update recurd.settings set compatible_from = greatest(compatible_from, 29);
