-- Calendars: on which days people work.  Rules and policies go by them; workers read them with the settings.

create table recurd.calendars (
    name text constraint pk_calendars primary key
        constraint ck_calendars_name check (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
    weekend smallint[] not null default '{6,7}'          -- 1 is Monday; empty: none
        constraint ck_calendars_weekend check (weekend <@ '{1,2,3,4,5,6,7}' and not weekend @> '{1,2,3,4,5,6,7}'),
    updated_at timestamptz not null default recurd.now()
);

-- What differs from the weekend.  A rule is expanded by who goes by it, and never copied into days.
create table recurd.calendar_days (
    calendar text not null
        constraint fk_calendar_days_calendar references recurd.calendars (name) on update cascade on delete cascade,
    day date not null                                    -- the first, where there is a rule
        constraint ck_calendar_days_day check (day between '0001-01-01' and '9999-12-31'),
    name text not null                                   -- "Whit Monday"
        constraint ck_calendar_days_name check (octet_length(name) <= 1000),
    days integer not null default 1                      -- that it lasts
        constraint ck_calendar_days_days check (days between 1 and 366),
    rule text                                            -- as a recurrence_rule, or EASTER+50; null: it is there once
        constraint ck_calendar_days_rule check (octet_length(rule) <= 65536),
    working boolean not null default false,              -- a working day; else a holiday
    imported boolean not null default false,             -- out of a file, the next one of which takes its place
    constraint pk_calendar_days primary key (calendar, day, name)
);

-- Whoever writes them, recurctl or somebody with psql: workers read settings and calendars anew, a batch that was
-- planned by others is begun anew, and templates that go by a calendar that has changed are planned anew.  One
-- that is due already is planned by the new one in any case, and loses nothing of what it has missed.
-- The application's schema is written into the body: search_path is empty when it runs.
do $$
begin
    execute pg_catalog.format($create$
        create function recurd.calendars_changed() returns trigger
            language plpgsql security definer set search_path = ''
        as $body$
        declare
            names text[]; -- null: all
        begin
            if tg_op <> 'TRUNCATE' then
                execute pg_catalog.format(
                    case tg_op when 'INSERT' then 'select coalesce(pg_catalog.array_agg(distinct %%1$s), ''{}'') from added'
                               when 'DELETE' then 'select coalesce(pg_catalog.array_agg(distinct %%1$s), ''{}'') from gone'
                               else 'select coalesce(pg_catalog.array_agg(distinct %%1$s), ''{}'') from ('
                                    '(select %%2$s from added except select %%2$s from gone) union all'
                                    ' (select %%2$s from gone except select %%2$s from added)) as c' end,
                    tg_argv[0], tg_argv[1]) into names;
                if names = '{}' then
                    return null;
                end if;
            end if;
            update recurd.settings set changes = changes; -- has another version now
            if tg_table_name = 'calendar_days' then
                update recurd.calendars set updated_at = recurd.now() where name = any (names) or names is null;
            end if;
            update %1$I.recurring_tasks as t
               set replan_at = case when failed_at is null then recurd.now() else replan_at end,
                   failed_at = null, failure = null
             where (failed_at is not null and failure like '%%calendar%%'
                    or failed_at is null and starts_local is not null and next_due_at > recurd.now())
               and (recurrence_rule->>'calendar' = any (names)
                    or names is null and pg_catalog.jsonb_exists(recurrence_rule, 'calendar')
                    -- Turned into JSON twice.
                    or pg_catalog.jsonb_typeof(recurrence_rule) = 'string'
                       and recurrence_rule #>> '{}' like '{%%"calendar"%%');
            -- A policy moves what its rule gives: a worker looks at it now.
            update %1$I.recurring_tasks as t
               set wake_at = recurd.now(), failed_at = null, failure = null
             where wake_at is not null and (failed_at is null or failure like '%%calendar%%')
               and exists (select from recurd.policies as p
                            where p.template_id = t.id
                                  and (p.calendar = any (names) or names is null and p.calendar is not null));
            update recurd.repeats set failed_at = null, failure = null
             where failed_at is not null and failure like '%%calendar%%';
            return null;
        end
        $body$
    $create$, current_schema());
end
$$;

-- Triggers fire without this right; nobody else may put the function on a table of his own.
revoke all on function recurd.calendars_changed() from public;

create trigger recurd_calendars_inserted after insert on recurd.calendars
    referencing new table as added for each statement execute function recurd.calendars_changed('name', 'name, weekend');
create trigger recurd_calendars_updated after update on recurd.calendars
    referencing old table as gone new table as added
    for each statement execute function recurd.calendars_changed('name', 'name, weekend');
create trigger recurd_calendars_deleted after delete on recurd.calendars
    referencing old table as gone for each statement execute function recurd.calendars_changed('name', 'name, weekend');
create trigger recurd_calendars_truncated after truncate on recurd.calendars
    for each statement execute function recurd.calendars_changed();
create trigger recurd_calendar_days_inserted after insert on recurd.calendar_days
    referencing new table as added for each statement execute function recurd.calendars_changed('calendar', '*');
create trigger recurd_calendar_days_updated after update on recurd.calendar_days
    referencing old table as gone new table as added
    for each statement execute function recurd.calendars_changed('calendar', '*');
create trigger recurd_calendar_days_deleted after delete on recurd.calendar_days
    referencing old table as gone for each statement execute function recurd.calendars_changed('calendar', '*');
create trigger recurd_calendar_days_truncated after truncate on recurd.calendar_days
    for each statement execute function recurd.calendars_changed();

grant select on recurd.calendars, recurd.calendar_days to recurd_worker, recurd_reader;
